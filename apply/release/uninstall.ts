import { parseManifests } from '../manifest.ts';
import type { Component, Engine } from './component.ts';
import { isRunningHook, runsIn } from './hook.ts';
import { readComponent } from './objects.ts';
import { placed } from './place.ts';
import { runWithHooks } from './run-hooks.ts';

const TIMEOUT_MS = 300_000;

export interface UninstallInput extends Pick<Component, 'name' | 'namespace'> {
  readonly timeoutMs?: number | undefined;
  /** Whether delete hooks run; true when absent. */
  readonly hooks?: boolean | undefined;
}

/**
 * Takes a component away, delete hooks included; what belongs to another release by now stays. False when there was
 * nothing. Throws WORKLOAD_FAILED for a hook, HELM_FAILED for what could not be taken away in time.
 */
export async function uninstallComponent(
  engine: Omit<Engine, 'scratch'>,
  { name, namespace, timeoutMs = TIMEOUT_MS, hooks: runsHooks = true }: UninstallInput,
  onProgress: (text: string) => void,
): Promise<boolean> {
  const { client, helm, signal } = engine;
  const applied = await readComponent(engine, { name, namespace });
  if (applied === undefined) return false;
  const running = applied.record.hooks
    .flatMap((text) => parseManifests(text, name))
    .filter((hook) => runsHooks && isRunningHook(hook) && runsIn(hook, 'delete'));
  const hooks = await Promise.all(running.map((hook) => placed(client, hook, namespace, { signal })));
  await runWithHooks(engine, { hooks, timeoutMs, onProgress }, (limited) =>
    helm.uninstall({ name, namespace, timeoutMs, hooks: runsHooks, signal: limited }),
  );
  return true;
}
