import type { KubeClient } from '../../../../apply/client/client.ts';
import { conditionOf } from '../../../../apply/health/condition.ts';
import { isSkerryError } from '../../../../content/error.ts';
import { capacityOf } from '../../../agent/health/capacity.ts';
import { CAPI_CLUSTERS } from '../../../infra/backup/pause.ts';

export interface PreflightFacts {
  readonly kubernetes: string;
  readonly nodesReady: number;
  readonly memoryBytes: number;
  readonly pods: number;
  readonly isAdministrator: boolean;
  /** How far the clock of the API server is ahead, in milliseconds; undefined where it does not say. */
  readonly skewMs: number | undefined;
}

export interface Check {
  readonly check: 'kubernetes' | 'nodes' | 'room' | 'rights' | 'clock' | 'clusters';
  readonly ok: boolean;
  readonly detail: string;
}

/** What Cluster API supports for a management cluster of 1.14 (its book, "Version support"). */
const OLDEST_MINOR = 32;
/** Cluster API's three controllers, ours and the agent take some 600 MiB with a few clusters, and twice that at 20. */
const MEMORY_BYTES = 1.5 * 1024 ** 3;
const PODS = 10;
/** Certificates that are made in one place are used in another. */
const SKEW_MS = 60_000;

export async function readFacts(
  client: Pick<KubeClient, 'version' | 'list' | 'canI' | 'open'>,
  now: () => number,
  signal: AbortSignal,
): Promise<PreflightFacts> {
  const [{ gitVersion }, nodes, access, skewMs] = await Promise.all([
    client.version({ signal }),
    nodesOf(client, signal),
    client.canI({ verb: '*', group: '*', resource: '*' }, { signal }),
    skewOf(client, now, signal),
  ]);
  const ready = nodes.filter((node) => conditionOf(node, 'Ready')?.status === 'True');
  const { memoryBytes, pods } = capacityOf(ready);
  const isAdministrator = access.allowed;
  return { kubernetes: gitVersion, nodesReady: ready.length, memoryBytes, pods, isAdministrator, skewMs };
}

/** What of a cluster stands against its being a gateway. */
export function preflight(facts: PreflightFacts): Check[] {
  const { kubernetes, nodesReady, memoryBytes, pods, isAdministrator, skewMs } = facts;
  const minor = Number(/^v1\.(\d+)/.exec(kubernetes)?.[1] ?? 0);
  const gib = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
  return [
    { check: 'kubernetes', ok: minor >= OLDEST_MINOR, detail: `${kubernetes}; from v1.${OLDEST_MINOR}` },
    { check: 'nodes', ok: nodesReady > 0, detail: `${nodesReady} ready` },
    {
      check: 'room',
      ok: memoryBytes >= MEMORY_BYTES && pods >= PODS,
      detail: `${gib(memoryBytes)} and ${pods} pods; at least ${gib(MEMORY_BYTES)} and ${PODS} pods`,
    },
    {
      check: 'rights',
      ok: isAdministrator,
      detail: isAdministrator
        ? 'administrator'
        : 'the user of the kubeconfig is no administrator of the cluster',
    },
    {
      check: 'clock',
      ok: skewMs === undefined || Math.abs(skewMs) <= SKEW_MS,
      detail: skewMs === undefined ? 'not known' : `${Math.round(skewMs / 1000)} s ahead of this machine`,
    },
  ];
}

/**
 * Clusters that a gateway makes must be known where it goes on: without their objects every one of their machines would be
 * made once more, beside the one that there is.
 */
export function clustersCheck(madeSoFar: number, knownHere: number, isFresh: boolean): Check {
  const ok = madeSoFar === 0 || knownHere > 0 || isFresh;
  const told = `the gateway makes ${madeSoFar}, this cluster knows ${knownHere}`;
  const advice = 'restore a backup or move them here first (--fresh makes all of their machines again)';
  return { check: 'clusters', ok, detail: ok ? told : `${told}; ${advice}` };
}

/** How many clusters of Cluster API there are. */
export async function clustersHere(
  client: Pick<KubeClient, 'isServed' | 'list'>,
  signal: AbortSignal,
): Promise<number> {
  const { apiVersion, kind } = CAPI_CLUSTERS;
  if (!(await client.isServed(apiVersion, kind, { signal }))) return 0;
  return (await client.list(CAPI_CLUSTERS, { signal })).items.length;
}

async function nodesOf(client: Pick<KubeClient, 'list'>, signal: AbortSignal) {
  try {
    return (await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })).items;
  } catch (error) {
    // Who may not even see nodes is told so by the check of rights.
    if (isSkerryError(error, 'CLUSTER_FORBIDDEN')) return [];
    throw error;
  }
}

async function skewOf(
  client: Pick<KubeClient, 'open'>,
  now: () => number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const response = await client.open('/version', { signal });
  await response.body.dump();
  const { date } = response.headers;
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? undefined : time - now();
}
