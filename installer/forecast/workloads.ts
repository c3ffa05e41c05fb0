import { isDeepStrictEqual } from 'node:util';
import { at, numberAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { WorkloadForecast } from './forecast.ts';

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'];

export interface WorkloadsInput {
  /** What Helm applied last. */
  readonly before: readonly KubeObject[];
  /** What will be applied, with the images that nodes pull. */
  readonly after: readonly KubeObject[];
  /** How many replicas run now, by `Kind name`; what the objects say otherwise. */
  readonly replicas: ReadonlyMap<string, number>;
  /** Seconds from a pod's start until it is ready, by `Kind name`, as was measured. */
  readonly startSeconds: ReadonlyMap<string, number>;
}

/** A pod from its start until it is ready, where nothing was measured; its images were pulled before. */
const START_SECONDS = 15;

/** What becomes of the workloads of a component, and for how long each does not answer. */
export function forecastWorkloads({
  before,
  after,
  replicas,
  startSeconds,
}: WorkloadsInput): WorkloadForecast[] {
  const old = new Map(before.filter(isWorkload).map((object) => [nameOf(object), object]));
  return after.filter(isWorkload).map((object) => {
    const name = nameOf(object);
    const previous = old.get(name);
    const count = replicas.get(name) ?? numberAt(object, 'spec', 'replicas') ?? 1;
    const start = startSeconds.get(name) ?? START_SECONDS;
    const one = { object: name, replicas: count };
    if (previous === undefined) return { ...one, restarts: false, downtimeSeconds: 0, reason: 'it is new' };
    if (isDeepStrictEqual(templateOf(previous), templateOf(object)))
      return { ...one, restarts: false, downtimeSeconds: 0, reason: 'its pods stay as they are' };
    return { ...one, restarts: true, ...gapOf(object, count, Math.round(start)) };
  });
}

function gapOf(object: KubeObject, replicas: number, start: number) {
  if (replicas === 0) return { downtimeSeconds: 0, reason: 'it has no pods' };
  if (object.kind === 'DaemonSet')
    return { downtimeSeconds: start, reason: 'one node after the other, each for so long' };
  if (object.kind === 'StatefulSet')
    return replicas === 1
      ? { downtimeSeconds: start, reason: 'its one pod is replaced' }
      : { downtimeSeconds: 0, reason: 'one pod after the other' };
  if (textAt(object, 'spec', 'strategy', 'type') === 'Recreate')
    return { downtimeSeconds: start, reason: 'all pods end before new ones start (Recreate)' };
  const away = countOf(at(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%', replicas);
  return away >= replicas
    ? { downtimeSeconds: start, reason: 'it allows that no pod is there (maxUnavailable)' }
    : { downtimeSeconds: 0, reason: 'a new pod is ready before an old one ends' };
}

/** A number or a share, rounded down as for maxUnavailable (Deployment, apps/v1). */
function countOf(value: unknown, replicas: number): number {
  if (typeof value === 'number') return value;
  const [, share] = /^(\d+)%$/.exec(String(value)) ?? [];
  return share === undefined ? 0 : Math.floor((Number(share) * replicas) / 100);
}

// The order of keys is no difference, and neither are images that are written alike.
function templateOf(object: KubeObject): unknown {
  return at(object, 'spec', 'template');
}

function isWorkload({ kind, apiVersion }: KubeObject): boolean {
  return apiVersion === 'apps/v1' && KINDS.includes(kind);
}

export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}
