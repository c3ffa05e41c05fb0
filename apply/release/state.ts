import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { ObjectStatus } from '../health/object-status.ts';
import { readObjectStatus } from '../health/read-status.ts';
import { describeObject, type KubeObject } from '../object.ts';
import type { Component, ComponentName, Engine } from './component.ts';
import { hookStatus } from './hook.ts';
import { readComponent } from './objects.ts';

export interface ComponentState {
  readonly name: string;
  readonly namespace: string;
  readonly healthy: boolean;
  readonly objects: number;
  /** What is not healthy, and why. */
  readonly problems: readonly string[];
}

const WIDTH = 8;

type Reader = Pick<Engine, 'client' | 'signal'>;

/** How components are right now, read and nothing else. */
export async function readComponents(
  engine: Omit<Engine, 'scratch'>,
  components: readonly (ComponentName & Pick<Component, 'health'>)[],
): Promise<ComponentState[]> {
  return await mapLimited(components, 2, (component) => readState(engine, component));
}

async function readState(
  engine: Reader,
  { name, namespace, health }: ComponentName & Pick<Component, 'health'>,
): Promise<ComponentState> {
  const applied = await readComponent(engine, { name, namespace });
  if (applied === undefined)
    return { name, namespace, healthy: false, objects: 0, problems: ['not installed'] };
  const { record, objects, hooks } = applied;
  const problems = [
    ...(record.status === 'deployed' ? [] : [`revision ${record.revision} is ${record.status}`]),
    ...(await mapLimited(objects, WIDTH, (object) => objectProblem(engine, object, health))).flat(),
    ...(await mapLimited(hooks, WIDTH, (hook) => hookProblem(engine, hook))).flat(),
  ];
  return { name, namespace, healthy: problems.length === 0, objects: objects.length, problems };
}

async function objectProblem(
  { client, signal }: Reader,
  object: KubeObject,
  rules: Component['health'],
): Promise<string[]> {
  try {
    return problemsIn(object, await readObjectStatus(client, object, { rules, signal }));
  } catch (error) {
    if (!isSkerryError(error, 'KIND_UNKNOWN')) throw error;
    return [`${describeObject(object)}: NotFound, its kind is not served any more`];
  }
}

// A hook that was removed after it had run is as it should be.
async function hookProblem({ client, signal }: Reader, hook: KubeObject): Promise<string[]> {
  const found = await client.get(hook, { signal });
  return found === undefined ? [] : problemsIn(hook, hookStatus(found));
}

function problemsIn(object: KubeObject, { status, message }: ObjectStatus): string[] {
  return status === 'Current' ? [] : [`${describeObject(object)}: ${status}, ${message}`];
}
