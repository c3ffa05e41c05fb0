import { isApplied, stateOf } from '../../../client/cluster-state.ts';
import type { Cluster } from '../../../client/kinds.ts';

/** Why somebody has to look at a cluster, and since when. */
export interface Attention {
  readonly cluster: Cluster;
  readonly why: string;
  readonly since: string | undefined;
  readonly weight: number;
}

const DRIFT_OPEN = new Set(['contested', 'failed', 'found']);

/** The clusters that need a person, the worst first. */
export function needAttention(clusters: readonly Cluster[]): Attention[] {
  return clusters
    .flatMap((cluster) => attentionOf(cluster) ?? [])
    .sort((a, b) => b.weight - a.weight || compare(a.since ?? '', b.since ?? ''));
}

function attentionOf(cluster: Cluster): Attention | undefined {
  const { status, spec } = cluster;
  const state = stateOf(cluster);
  if (state === 'Deleting' || state === 'Paused') return undefined;
  if (status?.request !== undefined && spec.agent?.key !== status.request.key)
    return {
      cluster,
      why: 'An agent asks to join: compare its key and accept it',
      since: status.request.at,
      weight: 3,
    };
  if (state === 'Failed') return { cluster, why: failureOf(cluster), since: sinceOf(cluster), weight: 5 };
  if (state === 'Unknown')
    return { cluster, why: 'Its agent is silent', since: status?.agent?.seen, weight: 4 };
  if (state === 'Degraded') return { cluster, why: failureOf(cluster), since: sinceOf(cluster), weight: 2 };
  const refused = (status?.conditions ?? []).find(
    ({ type, status: is }) =>
      is === 'False' && (type === 'Compiled' || type === 'ProvisionAccepted' || type === 'HubBehind'),
  );
  if (refused !== undefined)
    return {
      cluster,
      why: `${refused.reason}: ${refused.message}`,
      since: refused.lastTransitionTime,
      weight: 3,
    };
  const open = (status?.drift?.top ?? []).filter((item) => DRIFT_OPEN.has(item.state));
  const [first] = open;
  if (first !== undefined)
    return { cluster, why: `${status?.drift?.count ?? open.length} drifted`, since: first.at, weight: 1 };
  return undefined;
}

/** Since when a cluster is in its state. */
export function sinceOf(cluster: Cluster): string | undefined {
  const { status, created } = cluster;
  const state = stateOf(cluster);
  if (state === 'Deleting') return typeof cluster.deleting === 'string' ? cluster.deleting : undefined;
  if (state === 'Unknown') return status?.agent?.seen ?? created;
  if (state === 'Enrolling') return status?.request?.at ?? created;
  if (state === 'Applying') return status?.desired?.at;
  const healthy = (status?.conditions ?? []).find(({ type }) => type === 'Healthy');
  if (state === 'Ready' && isApplied(cluster)) return later(healthy?.lastTransitionTime, status?.applied?.at);
  return healthy?.lastTransitionTime ?? created;
}

function failureOf({ status }: Cluster): string {
  const layer = (status?.layers ?? []).find(({ state }) => state === 'failed' || state === 'degraded');
  if (layer !== undefined)
    return [`Layer ${layer.name} is ${layer.state}`, layer.code, layer.message].filter(Boolean).join(': ');
  const healthy = (status?.conditions ?? []).find(
    ({ type, status: is }) => type === 'Healthy' && is !== 'True',
  );
  return healthy?.message || healthy?.reason || 'It is not well';
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
