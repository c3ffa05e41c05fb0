import { systemClock } from '../../../apply/clock.ts';
import type { FleetStatus } from '../fleet-status/fleet-status.ts';
import { EnrollmentTokens } from '../gateway/enrollment-token.ts';
import { followGateways } from '../gateway/follow-gateways.ts';
import { GatewayPlans } from '../gateway/gateway-plans.ts';
import { workOnGateway } from '../gateway/gateway-work.ts';
import { type MadeWorld, workOnMade } from '../gateway/made-work.ts';
import { spreadReport } from '../gateway/spread-work.ts';
import { keyOf, nameOfKey } from '../watched/stored.ts';
import { acknowledgedBy } from './cluster-work.ts';
import type { ControllersOptions } from './controllers-options.ts';
import type { KeptEnvelopes } from './kept-envelopes.ts';
import type { ProjectObjects } from './project-objects.ts';
import { envelopeIn, newestFirst } from './revisions.ts';
import { WorkQueue } from './work-queue.ts';

/** Reports and objects of gateways that come meanwhile are one look. */
const GATEWAY_MS = 1000;

interface Kept {
  readonly objects: ProjectObjects;
  readonly envelopes: KeptEnvelopes;
  readonly fleet: FleetStatus;
  readonly failed: (what: string) => (key: string, err: unknown) => void;
}

/** What has to do with gateways and the clusters that they make. Each hub tells what it hears; the rest is led. */
export function gatewayControllers(
  {
    client,
    watched,
    gateways: objects,
    catalog,
    platformRegistry,
    checkPlacement,
    ...options
  }: ControllersOptions,
  { objects: clusters, envelopes, fleet, failed }: Kept,
) {
  const { sealing, randomId, clock = systemClock, now = () => new Date() } = options;
  const { packsPrefix } = platformRegistry;
  const enrollments = (key: string) => objects.enrollments(key);
  const tokens = new EnrollmentTokens({ client, sealing, randomId, now, enrollments });
  const queue = (work: (key: string, signal: AbortSignal) => Promise<object>, what: string) =>
    new WorkQueue({ clock, atOnce: 2, work, onError: failed(what) });
  const plans = new GatewayPlans(
    { client, catalog, packsPrefix, objects, tokens, checkPlacement },
    (gatewayKey) => {
      gatewayQueue.add(gatewayKey, GATEWAY_MS);
      const { namespace, name } = nameOfKey(gatewayKey);
      const gateway = objects.gateway(namespace, name);
      for (const { metadata } of gateway === undefined ? [] : objects.madeBy(gateway))
        madeQueue.add(keyOf(metadata.namespace, metadata.name), GATEWAY_MS);
    },
  );
  const made: MadeWorld = {
    client,
    objects,
    plans,
    now,
    newest: async (key, signal) => {
      const [newest] = newestFirst(clusters.revisions(key));
      const { namespace } = nameOfKey(key);
      const text = newest === undefined ? undefined : await envelopes.read(namespace, newest, signal);
      return text === undefined ? undefined : envelopeIn(text);
    },
    acknowledged: (key) => {
      const cluster = clusters.cluster(key);
      return cluster && acknowledgedBy(fleet.report(key), cluster);
    },
  };
  const madeQueue = queue(async (key, signal) => await workOnMade(made, key, signal), 'a made cluster');
  const gatewayQueue = queue(async (key, signal) => await workOnGateway(made, key, signal), 'a gateway');
  const heard = { client, objects, report: (key: string) => fleet.report(key) };
  const spreadQueue = queue(
    async (key, signal) => await spreadReport(heard, key, signal),
    'telling what a gateway said',
  );
  const follow = (onCluster: (key: string) => void) =>
    followGateways(watched, objects, {
      onCluster,
      onGateway: (key) => gatewayQueue.add(key, GATEWAY_MS),
      onMade: (key) => madeQueue.add(key, GATEWAY_MS),
    });
  const spread = (key: string) => spreadQueue.add(key, GATEWAY_MS);
  return { plans, madeQueue, gatewayQueue, spreadQueue, spread, follow };
}
