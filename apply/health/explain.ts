import { isSkerryError } from '../../content/error.ts';
import type { CallOptions, KubeClient } from '../client/client.ts';
import { listAt, numberAt, objectAt, textAt } from '../json.ts';
import { describeObject, type KubeObject } from '../object.ts';
import { conditionOf } from './condition.ts';
import { eventTime } from './event-time.ts';
import { type PodProblem, podProblems } from './pod-problem.ts';

/** Why an object doesn't become healthy, as far as the cluster tells. */
export interface Explanation extends PodProblem {
  /** Where the problem is, e.g. `Pod default/web-7c9-x2x`. */
  readonly object: string;
  /** Last lines of the container's log. */
  readonly log?: string | undefined;
}

const LOG_LINES = 10;
const MOST = 5;

/**
 * Looks for the reason at an object's pods, their logs, claims and events. Asks and never fails: what can't be read
 * is left out, since this runs when something else went wrong already.
 */
export async function explain(
  client: KubeClient,
  object: KubeObject,
  options: CallOptions = {},
): Promise<Explanation[]> {
  const look = new Look(client, options);
  if (object.kind === 'PersistentVolumeClaim') return look.atClaim(object);
  const pods = await look.podsOf(object);
  const found: Explanation[] = [];
  for (const pod of pods.slice(0, MOST)) found.push(...(await look.atPod(pod)));
  // Pods that were refused have no status of their own: a quota, a limit range, Pod Security, a webhook.
  if (pods.length < wantedPods(object)) found.unshift(...(await look.atRefusals(object)));
  return found.length > 0 || pods.length > 0 ? found.slice(0, MOST) : look.atEvents(object);
}

/** `Pod default/web-1, container web, image x: ImagePullBackOff: …`, for people. */
export function describeExplanation({ object, container, image, reason, message, log }: Explanation): string {
  const where = [object, container && `container ${container}`, image && `image ${image}`]
    .filter(Boolean)
    .join(', ');
  const said = log === undefined ? '' : `; its log ends with: ${log}`;
  return `${where}: ${[reason, message].filter((part) => part !== '').join(': ')}${said}`;
}

class Look {
  readonly #client: KubeClient;
  readonly #options: CallOptions;

  constructor(client: KubeClient, options: CallOptions) {
    this.#client = client;
    this.#options = options;
  }

  async podsOf(object: KubeObject): Promise<readonly KubeObject[]> {
    if (object.kind === 'Pod') return [object];
    const labelSelector = selectorOf(object);
    const namespace = object.metadata.namespace;
    if (labelSelector === undefined || namespace === undefined) return [];
    return this.#list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
  }

  /** Why the pods (or claims) of a workload were not made: its own condition says so, or an event of what makes them. */
  async atRefusals(object: KubeObject): Promise<Explanation[]> {
    const failure = conditionOf(object, 'ReplicaFailure');
    if (failure?.status === 'True') {
      const { reason, message } = failure;
      return [{ object: describeObject(object), reason: reason || 'FailedCreate', message }];
    }
    for (const maker of [object, ...(await this.#replicaSetsOf(object))]) {
      const refused = (await this.#warningsOf(maker)).filter(
        (event) => textAt(event, 'reason') === 'FailedCreate',
      );
      const latest = refused.at(-1);
      if (latest !== undefined)
        return [
          { object: describeObject(maker), reason: 'FailedCreate', message: textAt(latest, 'message') ?? '' },
        ];
    }
    return [];
  }

  async atPod(pod: KubeObject): Promise<Explanation[]> {
    const problems = podProblems(pod);
    const found: Explanation[] = [];
    for (const problem of problems) {
      const events = problem.reason === 'NotReady' ? await this.atEvents(pod) : [];
      found.push(...events, {
        object: describeObject(pod),
        ...problem,
        log: await this.#logOf(pod, problem),
      });
      if (problem.container === undefined) found.unshift(...(await this.#atClaimsOf(pod)));
    }
    // Stuck before its containers exist (a volume, the network): only events tell.
    return problems.length === 0 && textAt(pod, 'status', 'phase') === 'Pending' ? this.atEvents(pod) : found;
  }

  async atClaim(claim: KubeObject): Promise<Explanation[]> {
    if (textAt(claim, 'status', 'phase') === 'Bound') return [];
    const object = describeObject(claim);
    const wanted = textAt(claim, 'spec', 'storageClassName');
    const classes = await this.#list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' });
    if (wanted === undefined && !classes.some(isDefaultClass)) {
      const message = 'the claim names no storage class and the cluster has no default one';
      return [{ object, reason: 'NoStorageClass', message }];
    }
    if (wanted !== undefined && wanted !== '' && !classes.some(({ metadata }) => metadata.name === wanted)) {
      return [{ object, reason: 'NoStorageClass', message: `the cluster has no storage class ${wanted}` }];
    }
    return this.atEvents(claim);
  }

  /** The latest warning about an object. */
  async atEvents(object: KubeObject): Promise<Explanation[]> {
    const latest = (await this.#warningsOf(object)).at(-1);
    if (latest === undefined) return [];
    const [reason = 'Warning', message = ''] = [textAt(latest, 'reason'), textAt(latest, 'message')];
    return [{ object: describeObject(object), reason, message }];
  }

  /** Oldest first. */
  async #warningsOf({ metadata: { uid, namespace } }: KubeObject): Promise<readonly KubeObject[]> {
    if (uid === undefined || namespace === undefined) return [];
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const events = await this.#list({ apiVersion: 'v1', kind: 'Event', namespace, fieldSelector });
    return events.toSorted((a, b) => eventTime(a).localeCompare(eventTime(b)));
  }

  /** Those of a Deployment, the newest first. */
  async #replicaSetsOf(object: KubeObject): Promise<readonly KubeObject[]> {
    const labelSelector = selectorOf(object);
    const { uid, namespace } = object.metadata;
    if (object.kind !== 'Deployment' || labelSelector === undefined || namespace === undefined) return [];
    const sets = await this.#list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, labelSelector });
    return sets
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .toSorted((a, b) => revisionOf(b) - revisionOf(a))
      .slice(0, 1);
  }

  async #atClaimsOf(pod: KubeObject): Promise<Explanation[]> {
    const found: Explanation[] = [];
    for (const volume of listAt(pod, 'spec', 'volumes')) {
      const name = textAt(volume, 'persistentVolumeClaim', 'claimName');
      if (name === undefined) continue;
      const metadata = { name, namespace: pod.metadata.namespace };
      const claim = await this.#try(
        this.#client.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }, this.#options),
      );
      if (claim !== undefined) found.push(...(await this.atClaim(claim)));
    }
    return found;
  }

  async #logOf(pod: KubeObject, { container, reason }: PodProblem): Promise<string | undefined> {
    const namespace = pod.metadata.namespace;
    if (container === undefined || namespace === undefined || !CRASHES.has(reason)) return undefined;
    const request = { namespace, pod: pod.metadata.name, container, tailLines: LOG_LINES };
    const previous = reason === 'CrashLoopBackOff';
    const log =
      (await this.#try(this.#client.podLogs({ ...request, previous }, this.#options))) ??
      (await this.#try(this.#client.podLogs(request, this.#options)));
    return log === undefined || log.trim() === '' ? undefined : log.trim();
  }

  async #list(selection: Parameters<KubeClient['list']>[0]): Promise<readonly KubeObject[]> {
    return (await this.#try(this.#client.list(selection, this.#options)))?.items ?? [];
  }

  async #try<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (isSkerryError(error)) return undefined;
      throw error;
    }
  }
}

const CRASHES = new Set([
  'CrashLoopBackOff',
  'Error',
  'OOMKilled',
  'ContainerCannotRun',
  'StartError',
  'RunContainerError',
]);

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** The label selector of a workload in the form that the API takes; undefined where it has none. */
function selectorOf(object: KubeObject): string | undefined {
  const selector = objectAt(object, 'spec', 'selector');
  const labels = objectAt(selector, 'matchLabels') ?? {};
  const parts = [
    ...Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`),
    ...listAt(selector, 'matchExpressions').flatMap((expression) => {
      const [key, operator] = [textAt(expression, 'key'), textAt(expression, 'operator')];
      if (key === undefined || operator === undefined) return [];
      const text = OPERATORS[operator]?.(key, listAt(expression, 'values').join(','));
      return text === undefined ? [] : [text];
    }),
  ];
  return parts.length === 0 ? undefined : parts.join(',');
}

/** How many pods a workload should have by now; what has no such number is left to its events. */
function wantedPods(object: KubeObject): number {
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return numberAt(object, 'spec', 'replicas') ?? 1;
    case 'DaemonSet':
      return numberAt(object, 'status', 'desiredNumberScheduled') ?? 1;
    case 'Job':
      return numberAt(object, 'spec', 'parallelism') ?? 1;
    default:
      return 0;
  }
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function isDefaultClass({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
}
