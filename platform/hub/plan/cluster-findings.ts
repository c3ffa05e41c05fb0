import { isDeepStrictEqual } from 'node:util';
import { ClusterSpec } from '../../api/cluster.ts';
import type { Finding } from '../compile/finding.ts';
import { isWaitedFor } from '../compile/waited-for.ts';
import type { StoredCluster } from '../watched/stored.ts';
import { type PlanWorld, planCluster } from './plan-cluster.ts';
import { proposedCluster } from './proposed-cluster.ts';

/** A cluster as somebody wants it to be. */
export interface WantedCluster {
  readonly project: string;
  readonly name: string;
  readonly spec: unknown;
}

/**
 * What compiling finds in a cluster before it is written. What was wrong with it before and still is, is not found: it
 * must not keep anybody from pausing the cluster, or from taking its agent's key out.
 */
export async function clusterFindings(
  world: PlanWorld,
  wanted: WantedCluster,
  stored: StoredCluster | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const spec = ClusterSpec.parse(wanted.spec);
  if (stored !== undefined && isDeepStrictEqual(compiledOf(stored.spec), compiledOf(spec))) return [];
  const { findings } = await planCluster(world, proposedCluster(wanted, spec, stored), signal);
  if (stored === undefined || findings.every(isWaitedFor)) return findings;
  const before = new Set((await planCluster(world, stored, signal)).findings.map(textOf));
  return findings.filter((finding) => isWaitedFor(finding) || !before.has(textOf(finding)));
}

/** What compiling looks at. */
function compiledOf({ profiles, agent, policy, paused }: ClusterSpec): unknown {
  return { profiles, version: agent?.version, policy, paused };
}

function textOf({ code, path, detail }: Finding): string {
  return `${code} ${path} ${detail}`;
}
