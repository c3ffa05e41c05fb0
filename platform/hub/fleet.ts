import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { KubeClient } from '../../apply/client/client.ts';
import { systemClock } from '../../apply/clock.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { Store } from '../../content/store.ts';
import { Cluster } from '../api/cluster.ts';
import type { PackRegistrySpec } from '../api/pack-registry.ts';
import { AGENT_NAMESPACE, REGISTRY_PORT, REGISTRY_SERVICE } from '../desired/agent-names.ts';
import type { EnrollRequest } from '../desired/message.ts';
import { seal } from '../desired/seal.ts';
import { platformError } from '../errors.ts';
import { startAlerts } from './alert/start.ts';
import { auditFleet } from './audit/audit-fleet.ts';
import { auditedEvents } from './audit/audited-events.ts';
import type { ClusterAudit } from './audit/cluster-audit.ts';
import { Acknowledgements } from './authority/acknowledgements.ts';
import { Authority } from './authority/authority.ts';
import { authorityRoutes } from './authority/authority-routes.ts';
import { readCsrOf } from './authority/csr.ts';
import { finishRotations } from './authority/finish-rotation.ts';
import { keepFresh } from './authority/keep-fresh.ts';
import { type CarryDesk, carryDesk, carryRoutes } from './carry/carry-routes.ts';
import { type Planning, startControllers } from './controller/start-controllers.ts';
import type { CheckObject, CheckProfile } from './controller/validate-object.ts';
import { Desk } from './door/desk.ts';
import { type Door, openDoor } from './door/door.ts';
import type { AgentIdentity, ClusterName } from './door/ports.ts';
import { WatchedFleet } from './door/watched-fleet.ts';
import { enroll } from './enroll/enroll.ts';
import { enrollmentRoutes } from './enroll/enrollment-routes.ts';
import { pushAgents } from './enroll/push.ts';
import { checkMade, refuseDeletion } from './gateway/check-object.ts';
import { checkPlacement } from './gateway/check-placement.ts';
import { GatewayObjects } from './gateway/gateway-objects.ts';
import { RateLimit } from './http/rate-limit.ts';
import type { Route } from './http/route.ts';
import { agentImage, agentImageOfVersion } from './packs/agent-image.ts';
import type { Catalog } from './packs/catalog.ts';
import { clusterFindings } from './plan/cluster-findings.ts';
import { planRoutes } from './plan/plan-routes.ts';
import { Planner, type PlannerWorld } from './plan/planner.ts';
import type { RefuseDeletion } from './resources/resource-operation.ts';
import { rolloutPlanRoutes } from './rollout/rollout-plan-routes.ts';
import { type Site, siteOf } from './site.ts';
import type { NamedCertificate } from './tls/certificate-metrics.ts';
import type { CertificateTerms } from './tls/certificate-terms.ts';
import { keyOf, StoredCluster } from './watched/stored.ts';
import type { Watched } from './watched/watched.ts';

export interface AgentsOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Addresses of the door as agents reach it; its certificate is for their hosts. Those of nodes when empty. */
  readonly urls: readonly string[];
  /** Name of the Secret of the authority, in the hub's namespace. */
  readonly authoritySecret: string;
  /** What agents run, as their nodes pull it; what the pack of the agent says when absent. */
  readonly image?: string | undefined;
  /** Where nodes of managed clusters reach the registry; a node of this cluster when absent. */
  readonly registry?: Site['registry'] | undefined;
}

export interface FleetOptions extends AgentsOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly terms: CertificateTerms;
  readonly version: string;
  readonly catalog: Catalog;
  readonly store: Store;
  readonly packsPrefix: string;
  readonly checkProfile: CheckProfile;
  readonly audit: ClusterAudit;
  readonly log: FleetLog;
  readonly signal: AbortSignal;
}

export interface FleetLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Fleet {
  /** Operations of the HTTP API. */
  readonly routes: readonly Route[];
  /** What agents know the hub by, and what their door serves with. */
  certificates(): readonly NamedCertificate[];
  /** What keeps an object from being of use, before it is written; nothing before the fleet is known. */
  readonly checkObject: CheckObject;
  readonly refuseDeletion: RefuseDeletion;
  /** Opens the door and lets the controllers work. Throws HUB_LISTEN_FAILED and the CLUSTER_ codes. */
  start(watched: Watched): Promise<Door>;
  /** Settled once all has stopped, after the signal was aborted. */
  stopped(): Promise<void>;
}

interface Parts {
  readonly door: Door;
  readonly carry: CarryDesk;
  readonly gateways: GatewayObjects;
  readonly planning: PlannerWorld & Planning;
  /** What the door serves with (PEM). */
  readonly certificate: () => string;
  /** Takes a changed authority to the door and to envelopes. */
  readonly refresh: () => Promise<void>;
  readonly stopped: Promise<void>;
}

const PING_SECONDS = 30;
/** For the first look at all there is; the API server has answered already when it begins. */
const LISTED_MS = 120_000;
/** Of one address: many agents may stand behind it. */
const ENROLL_RATE = { perSecond: 50, burst: 500, max: 5_000 };
const now = () => new Date();

/** Everything that has to do with managed clusters. Throws what Authority.open and siteOf throw. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { client, namespace, terms, signal, log, authoritySecret: name } = options;
  const [authority, site] = await Promise.all([
    Authority.open({ client, namespace, name, now, terms, signal }),
    siteOf(client, options, signal),
  ]);
  let parts: Parts | undefined;
  const started = () => {
    if (parts === undefined) throw platformError('NOT_READY', { subject: 'agents' });
    return parts;
  };
  return {
    routes: [
      ...enrollmentRoutes(enrollments(options, authority, site, () => parts?.gateways)),
      ...authorityRoutes({
        authority,
        acknowledgements: new Acknowledgements(client),
        refresh: async () => await started().refresh(),
      }),
      ...planRoutes(() => new Planner(started().planning)),
      ...rolloutPlanRoutes(() => started().planning),
      ...carryRoutes({
        exportCluster: async (cluster, stop) => await started().carry.exportCluster(cluster, stop),
        takeFile: async (body, project, stop) => await started().carry.takeFile(body, project, stop),
      }),
    ],
    certificates: () => [
      ...[...authority.set.authorities].map(([number, { certificate }]) => ({
        name: `agents-authority-${number}`,
        certificate,
      })),
      ...(parts === undefined ? [] : [{ name: 'agents-door', certificate: parts.certificate() }]),
    ],
    checkObject: async (kind, object, { stored, signal: stop }) => {
      if (parts === undefined || kind.kind !== Cluster.kind) return [];
      const before = StoredCluster.safeParse(stored).data;
      return [
        ...(await parts.planning.checkMade(object)),
        ...(await clusterFindings(parts.planning, object, before, stop)),
      ];
    },
    refuseDeletion: (kind, project, name) =>
      parts === undefined ? undefined : refuseDeletion(parts.gateways, kind, project, name),
    start: async (watched) => {
      parts = await startParts(options, authority, site, watched);
      log.info({ address: parts.door.address, urls: site.urls }, 'agents may connect');
      return parts.door;
    },
    stopped: async () => {
      await parts?.door.close();
      await parts?.stopped;
    },
  };
}

// What agents are invited with.
function enrollments(
  options: FleetOptions,
  authority: Authority,
  { registry, urls }: Site,
  gateways: () => GatewayObjects | undefined,
) {
  const { client, catalog, version } = options;
  return {
    ...{ client, catalog, version, registry, now },
    image: async () => await agentImage(options),
    door: () => authority.door(urls),
    randomId: () => randomBytes(5).toString('hex'),
    isGateway: ({ project, name }: ClusterName) => gateways()?.gatewayOf(keyOf(project, name)) !== undefined,
  };
}

async function startParts(
  options: FleetOptions,
  authority: Authority,
  site: Site,
  watched: Watched,
): Promise<Parts> {
  const { client, namespace, signal, log, listen, audit, catalog, packsPrefix, checkProfile } = options;
  const onError = (err: unknown) => log.warn({ err }, 'a watch of the fleet broke, it begins again');
  const fleet = new WatchedFleet(watched.clusters);
  const gateways = new GatewayObjects(watched);
  await watched.untilListed(LISTED_MS, signal);
  const sign = (type: string, bytes: Uint8Array) => authority.sign(type, bytes);
  const door = () => authority.door(site.urls);
  const acknowledgements = new Acknowledgements(client);
  const onFinished = () =>
    log.info({}, 'the next authority of the agents has taken the place of the one before');
  // The controllers stand before the door does.
  let refresh = async (): Promise<void> => {
    await authority.refresh();
  };
  const { revisions, status, lookAtAll, planning, stopped } = startControllers({
    ...{ client, watched, namespace, signal, log, sign, door, openRegistry, gateways, checkPlacement },
    catalog,
    randomId: () => randomBytes(5).toString('hex'),
    store: options.store,
    platformRegistry: {
      address: `http://${REGISTRY_SERVICE}.${AGENT_NAMESPACE}.svc:${REGISTRY_PORT}`,
      packsPrefix,
    },
    agentImage: async (version) => await agentImageOfVersion(options, version),
    sealing: { seal: async (value, key) => await seal(value, key), mark: (value) => authority.mark(value) },
    identity: `${hostname()}-${randomUUID()}`,
    alsoLed: async (stop) => {
      const led = { client, watched, signal: stop, clock: systemClock, onError };
      const pushing = {
        ...enrollments(options, authority, site, () => gateways),
        ...led,
        clusters: watched.clusters,
      };
      const finishing = { authority, acknowledgements, refresh: async () => await refresh(), onFinished };
      await Promise.all([
        startAlerts({ ...led, now, agentDays: options.terms.agentDays }),
        auditFleet({ ...led, audit }),
        pushAgents(pushing),
        finishRotations({ ...led, ...finishing }),
      ]);
    },
  });
  const renew = async (agent: AgentIdentity, csr: string) => {
    const { publicKey } = await readCsrOf(agent, csr);
    return await authority.issueAgent(publicKey, { ...agent, id: fleet.cluster(agent)?.id ?? agent.name });
  };
  const events = auditedEvents(audit);
  await readAudit(options);
  const keys = () => authority.keys;
  const desk = new Desk({ revisions, status, events, keys, renew, now, pingSeconds: PING_SECONDS });
  const limits = new RateLimit({ ...ENROLL_RATE, now: () => performance.now() });
  const { random } = Math;
  const enrolling = { client, authority, now, random, signal, door };
  const admit = async (request: EnrollRequest, from: string) =>
    await enroll({ ...enrolling, acceptedBy: (key) => fleet.byKey(key) }, request, from);
  const names = namesOf(site.urls);
  let tls = await authority.issueServer(names);
  const opened = await openDoor({
    listen,
    tls,
    authorities: () => authority.certificates,
    ...{ fleet, desk, revisions, status, log, random },
    enroll: admit,
    limit: (address) => limits.take(address),
    pingSeconds: PING_SECONDS,
    today: now,
    clock: systemClock,
  });
  refresh = keepFresh({
    ...{ authority, names, tls, signal },
    use: (next) => {
      tls = next;
      opened.use(next);
    },
    // Envelopes name what agents know the hub by.
    onChange: lookAtAll,
    onError: (err) => log.warn({ err }, 'the authority of the agents could not be read'),
  });
  const carry = carryDesk({
    client,
    namespace,
    desk,
    fleet,
    enroll: admit,
    status,
    events,
    renew,
    sign,
    now,
  });
  return {
    door: opened,
    certificate: () => tls.certificate,
    carry,
    gateways,
    planning: {
      ...planning,
      checkProfile,
      checkMade: async (cluster) =>
        await checkMade({ objects: gateways, catalog, packsPrefix, checkPlacement }, cluster),
    },
    refresh,
    stopped,
  };
}

// Each agent that connects gets the number of its last known event. A thousand that ask while the pages are read would
// make that take so long that they all give up.
async function readAudit({ audit, log }: FleetOptions): Promise<void> {
  try {
    await audit.lastEvent('');
  } catch (err) {
    log.warn({ err }, 'the audit could not be read yet');
  }
}

function namesOf(urls: readonly string[]): string[] {
  const hosts = urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  return [...new Set([...hosts, 'localhost', '127.0.0.1'])];
}

function openRegistry(
  { address, ca }: PackRegistrySpec,
  credentials: { readonly username: string; readonly password: string } | undefined,
) {
  return openRemote(address, { ca, credentials: async () => credentials });
}
