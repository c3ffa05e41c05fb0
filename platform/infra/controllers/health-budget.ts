import { BUDGET_ANNOTATION, CAPI, PAUSED_BY_ANNOTATION } from './names.ts';
import type { CapiHealthCheck, StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

const DAY_MS = 86_400_000;

/** Whether a health check is to be paused or to go on; undefined where it is as it should be. `names`: of all checks of its cluster. */
export function budgetChange(
  { metadata }: Pick<CapiHealthCheck, 'metadata'>,
  names: readonly string[],
  replaced: readonly { readonly machine: string; readonly at: string }[],
  now: Date,
): 'pause' | 'resume' | undefined {
  const budget = Number(metadata.annotations[BUDGET_ANNOTATION] ?? Number.NaN);
  if (!Number.isInteger(budget)) return undefined;
  const used = replaced.filter(
    ({ machine, at }) =>
      checkOf(machine, [...names, metadata.name]) === metadata.name &&
      now.getTime() - Date.parse(at) < DAY_MS,
  ).length;
  const isOurs = metadata.annotations[PAUSED_BY_ANNOTATION] !== undefined;
  const isPaused = metadata.annotations[CAPI.pausedAnnotation] !== undefined;
  if (used >= budget) return isPaused ? undefined : 'pause';
  // One that somebody else paused stays so.
  return isOurs && isPaused ? 'resume' : undefined;
}

/**
 * The check of a machine that has gone, by its name: `edge-a-b-…` is of pool `a-b` rather than of `a`, and of the control
 * plane, whose machines are `edge-…`, only where it is of no pool.
 */
function checkOf(machine: string, names: readonly string[]): string | undefined {
  const prefixOf = (name: string) => `${name.replace(/-control-plane$/, '')}-`;
  return names
    .filter((name) => machine.startsWith(prefixOf(name)))
    .toSorted((a, b) => prefixOf(b).length - prefixOf(a).length)[0];
}

/** Pauses the health checks whose replacements of the day are used up. */
export async function keepBudgets(
  world: InfraWorld,
  { metadata }: StoredInfraCluster,
  signal: AbortSignal,
): Promise<void> {
  const replaced =
    world.watched.clusters.get(`${metadata.namespace}/${metadata.name}`)?.status.summary?.replaced ?? [];
  const checks = [...world.watched.healthChecks.values()].filter(
    (check) => check.metadata.namespace === metadata.namespace && check.spec.clusterName === metadata.name,
  );
  const names = checks.map((check) => check.metadata.name);
  for (const check of checks) {
    const change = budgetChange(check, names, replaced, world.now());
    if (change === undefined) continue;
    const value = change === 'pause' ? 'true' : null;
    const annotations = { [CAPI.pausedAnnotation]: value, [PAUSED_BY_ANNOTATION]: value };
    const { name, namespace } = check.metadata;
    const reference = { apiVersion: CAPI.version, kind: 'MachineHealthCheck', metadata: { name, namespace } };
    await world.client.patch(reference, { metadata: { annotations } }, { signal });
    world.log.warn({ check: name, change }, 'the replacements of a day are used up, or are there again');
  }
}
