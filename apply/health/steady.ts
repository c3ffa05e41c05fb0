import { listAt, numberAt, objectAt } from '../json.ts';
import type { KubeObject } from '../object.ts';

/** What crashes at its start is healthy for a moment: so long it has to stay healthy, in milliseconds. */
const STEADY_MS = 2000;

const NO_TIME = 0;

/**
 * How long an object has to be healthy before it counts: only where containers become ready just by being started.
 * A readiness or startup probe has asked the program itself, and `minReadySeconds` has the cluster count the time.
 */
export function steadyMsOf(object: KubeObject): number {
  if ((numberAt(object, 'spec', 'minReadySeconds') ?? 0) * 1000 >= STEADY_MS) return NO_TIME;
  const pod = object.kind === 'Pod' ? object : objectAt(object, 'spec', 'template');
  if (object.kind === 'Job' || pod === undefined) return NO_TIME;
  return listAt(pod, 'spec', 'containers').every(isProbed) ? NO_TIME : STEADY_MS;
}

function isProbed(container: unknown): boolean {
  return ['readinessProbe', 'startupProbe'].some((probe) => objectAt(container, probe) !== undefined);
}
