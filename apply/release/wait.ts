import { type HealthState, waitHealthy } from '../health/wait-healthy.ts';
import type { Component, Engine } from './component.ts';
import { readComponent } from './objects.ts';

/** The health gate: waits until everything of a component is healthy. Throws WORKLOAD_FAILED, HEALTH_TIMEOUT. */
export async function waitComponent(
  engine: Pick<Engine, 'client' | 'signal'>,
  component: Pick<Component, 'name' | 'namespace' | 'health' | 'timeoutMs'>,
  onProgress: (text: string) => void,
): Promise<void> {
  const { client, signal } = engine;
  const applied = await readComponent(engine, component);
  // A hook that was removed after it had run is as it should be.
  const hooks = await Promise.all((applied?.hooks ?? []).map((hook) => client.get(hook, { signal })));
  await waitHealthy({
    client,
    objects: [...(applied?.objects ?? []), ...hooks.filter((hook) => hook !== undefined)],
    rules: component.health,
    timeoutMs: component.timeoutMs,
    signal,
    onProgress: (states) => onProgress(describeStates(states)),
  });
}

function describeStates(states: readonly HealthState[]): string {
  const waiting = states.filter(({ status }) => status !== 'Current');
  const [first] = waiting;
  if (first === undefined) return 'healthy';
  return `${states.length - waiting.length} of ${states.length} healthy; ${first.object.kind} ${first.object.metadata.name}: ${first.message}`;
}
