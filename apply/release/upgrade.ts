import { join } from 'node:path';
import type { Component, Engine } from './component.ts';
import { isRunningHook, runsIn, withSafePolicy } from './hook.ts';
import { placed } from './place.ts';
import type { Rendering } from './render.ts';
import { runWithHooks } from './run-hooks.ts';
import { writeStaticChart } from './static-chart.ts';

export interface UpgradeComponentOptions {
  /** Takes over fields that belong to other managers. */
  readonly force: boolean;
  /** Takes over objects that no release owns, or another one. */
  readonly adopt: boolean;
  readonly onProgress: (text: string) => void;
}

/**
 * Has Helm apply what was rendered, just that, hooks run and waited for.
 * Throws WORKLOAD_FAILED for a hook, and what Helm throws.
 */
export async function upgradeComponent(
  engine: Engine,
  { name, namespace, values, timeoutMs }: Component,
  { chart, action, objects }: Rendering,
  { force, adopt, onProgress }: UpgradeComponentOptions,
): Promise<void> {
  const { client, helm, scratch } = engine;
  const folder = join(scratch, `${name}.chart`);
  await writeStaticChart(folder, chart.metadata, objects.map(withSafePolicy));
  const running = objects.filter((object) => isRunningHook(object) && runsIn(object, action));
  const hooks = await Promise.all(
    running.map((hook) => placed(client, hook, namespace, { signal: engine.signal })),
  );
  await runWithHooks(engine, { hooks, timeoutMs, onProgress }, (signal) =>
    helm[action]({ name, namespace, chart: folder, values, timeoutMs, force, takeOwnership: adopt, signal }),
  );
}
