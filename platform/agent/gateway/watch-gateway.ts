import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { follow } from '../../../apply/client/follow.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { INFRA_API_VERSION, INFRA_GROUP } from '../../infra/api/group.ts';
import { SkerryAccount } from '../../infra/api/skerry-account.ts';
import { SkerryCluster } from '../../infra/api/skerry-cluster.ts';
import { type GatewayState, gatewayState } from './gateway-state.ts';

export interface GatewayWatchOptions {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** There is something else to say of accounts and clusters; undefined where this is no gateway any more. */
  readonly onChange: (state: GatewayState | undefined) => void;
}

const RETRY_MS = 5000;
/** Machines that are made change all the time: what changes within this is said at once. */
const GATHER_MS = 5000;
const CRD = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
const MARK = `${SkerryCluster.plural}.${INFRA_GROUP}`;

/**
 * Follows the statuses of accounts and clusters, wherever and as long as the cluster serves their kinds, until the signal
 * is aborted. In a cluster that is no gateway it costs one watch of one name.
 */
export async function watchGateway({ client, clock, signal, onChange }: GatewayWatchOptions): Promise<void> {
  let stop: AbortController | undefined;
  const serve = (isServed: boolean) => {
    if (isServed === (stop !== undefined)) return;
    stop?.abort();
    stop = undefined;
    if (!isServed) return onChange(undefined);
    stop = new AbortController();
    void followAll({ client, clock, signal: AbortSignal.any([signal, stop.signal]), onChange });
  };
  const look = (event: WatchEvent) => {
    if (event.type === 'listed') serve(event.objects.length > 0);
    else serve(event.type !== 'deleted');
  };
  const selection = { ...CRD, fieldSelector: `metadata.name=${MARK}`, metadataOnly: true };
  await follow(client, selection, look, { signal, clock, pauseMs: RETRY_MS });
}

async function followAll({ client, clock, signal, onChange }: GatewayWatchOptions): Promise<void> {
  const accounts = new Map<string, KubeObject>();
  const clusters = new Map<string, KubeObject>();
  const seen = new Set<string>();
  let state: GatewayState | undefined;
  let isWaiting = false;
  const gather = () => {
    // Half of what there is would look as if the rest were gone.
    if (isWaiting || seen.size < 2) return;
    isWaiting = true;
    const say = () => {
      isWaiting = false;
      if (signal.aborted) return;
      const next = gatewayState(accounts.values(), clusters.values(), state);
      if (JSON.stringify(next) === JSON.stringify(state)) return;
      state = next;
      onChange(next);
    };
    if (state === undefined) say();
    else void clock.sleep(GATHER_MS, signal).then(say, () => undefined);
  };
  const one = async (kind: string, known: Map<string, KubeObject>) => {
    const look = (event: WatchEvent) => {
      keep(known, event);
      seen.add(kind);
      gather();
    };
    await follow(client, { apiVersion: INFRA_API_VERSION, kind }, look, { signal, clock, pauseMs: RETRY_MS });
  };
  await Promise.all([one(SkerryAccount.kind, accounts), one(SkerryCluster.kind, clusters)]);
}

function keep(known: Map<string, KubeObject>, event: WatchEvent): void {
  if (event.type === 'listed') {
    known.clear();
    for (const object of event.objects) known.set(keyOf(object), object);
  } else if (event.type === 'deleted') known.delete(keyOf(event.object));
  else known.set(keyOf(event.object), event.object);
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
