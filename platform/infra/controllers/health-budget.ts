import { BUDGET_ANNOTATION, CAPI, PAUSED_BY_ANNOTATION } from './names.ts';
import type { CapiHealthCheck, StoredInfraCluster } from './stored.ts';
import type { InfraWorld } from './world.ts';

const DAY_MS = 86_400_000;

/** Whether a health check is to be paused or to go on; undefined where it is as it should be. */
export function budgetChange(
  { metadata }: Pick<CapiHealthCheck, 'metadata'>,
  replaced: readonly { readonly machine: string; readonly at: string }[],
  now: Date,
): 'pause' | 'resume' | undefined {
  const budget = Number(metadata.annotations[BUDGET_ANNOTATION] ?? Number.NaN);
  if (!Number.isInteger(budget)) return undefined;
  const own = metadata.name.replace(/-control-plane$/, '');
  const used = replaced.filter(
    ({ machine, at }) => machine.startsWith(`${own}-`) && now.getTime() - Date.parse(at) < DAY_MS,
  ).length;
  const isOurs = metadata.annotations[PAUSED_BY_ANNOTATION] !== undefined;
  const isPaused = metadata.annotations[CAPI.pausedAnnotation] !== undefined;
  if (used >= budget) return isPaused ? undefined : 'pause';
  // One that somebody else paused stays so.
  return isOurs && isPaused ? 'resume' : undefined;
}

/** Pauses the health checks whose replacements of the day are used up. */
export async function keepBudgets(
  world: InfraWorld,
  { metadata }: StoredInfraCluster,
  signal: AbortSignal,
): Promise<void> {
  const replaced =
    world.watched.clusters.get(`${metadata.namespace}/${metadata.name}`)?.status.summary?.replaced ?? [];
  for (const check of world.watched.healthChecks.values()) {
    if (check.metadata.namespace !== metadata.namespace || check.spec.clusterName !== metadata.name) continue;
    const change = budgetChange(check, replaced, world.now());
    if (change === undefined) continue;
    const value = change === 'pause' ? 'true' : null;
    const annotations = { [CAPI.pausedAnnotation]: value, [PAUSED_BY_ANNOTATION]: value };
    const { name, namespace } = check.metadata;
    const reference = { apiVersion: CAPI.version, kind: 'MachineHealthCheck', metadata: { name, namespace } };
    await world.client.patch(reference, { metadata: { annotations } }, { signal });
    world.log.warn({ check: name, change }, 'the replacements of a day are used up, or are there again');
  }
}
