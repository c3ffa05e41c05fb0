import type { KubeClient } from '../../apply/client/client.ts';
import { conditionOf } from '../../apply/health/condition.ts';
import { isJsonObject, listAt, numberAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { AGENT_NAME } from '../desired/agent-names.ts';
import type { Envelope } from '../desired/envelope.ts';
import { platformError } from '../errors.ts';

export interface SelfUpgrade {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly namespace: string;
  /** Of this agent. */
  readonly version: string;
  /** Whether this agent has worked for so long that it is not taken back any more. */
  readonly isProven: boolean;
  readonly signal: AbortSignal;
}

type Wanted = NonNullable<Envelope['agent']>;
type Marks = Readonly<Record<string, string | undefined>>;

/** Which version a Deployment's pods are of, and what they ran before: what is gone back to. */
const VERSION_LABEL = 'app.kubernetes.io/version';
const BEFORE = 'skerry.dev/agent-image-before';
const VERSION_BEFORE = 'skerry.dev/agent-version-before';
/** An image that did not run, and what was seen of it: it is not tried again until another is named. */
const FAILED = 'skerry.dev/agent-image-failed';
const FAILURE = 'skerry.dev/agent-failure';
const NO_BEFORE = { [BEFORE]: undefined, [VERSION_BEFORE]: undefined };
const NO_FAILURE = { [FAILED]: undefined, [FAILURE]: undefined };
const MAX_FAILURE = 300;
const MAX_TRIES = 3;
/** An agent that has ended so often before it was proven is one that ends again and again. */
const MAX_RESTARTS = 3;

/**
 * Has the agent's own Deployment run the image that the envelope names, up or down. The cluster starts the new pod
 * beside this one, and stops this one once that is ready. Where the new one does not get ready in the Deployment's
 * time, the one before is put back. Does nothing where the agent is no Deployment. Throws AGENT_UPGRADE_FAILED.
 */
export async function upgradeSelf(upgrade: SelfUpgrade, wanted: Envelope['agent']): Promise<void> {
  await untilUnchanged(async () => await upgradeOnce(upgrade, wanted));
}

export type TakeBack = Pick<SelfUpgrade, 'client' | 'namespace' | 'signal'> & {
  /** Name of this agent's pod. */
  readonly pod: string | undefined;
};

/**
 * Puts the agent back that ran before this one, where this one has ended again and again since it took over: by then
 * there is no other agent that could do it. Gives whether it was put back.
 */
export async function takeBackSelf(options: TakeBack): Promise<boolean> {
  return await untilUnchanged(async () => await takeBackOnce(options));
}

// Whoever else writes the Deployment was quicker: it is looked at again.
async function untilUnchanged<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (tries === MAX_TRIES || !isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }
}

async function upgradeOnce(upgrade: SelfUpgrade, wanted: Envelope['agent']): Promise<void> {
  const found = await ownDeployment(upgrade);
  if (found === undefined) return;
  const { client, signal } = upgrade;
  const { [FAILED]: failed, [FAILURE]: failure } = found.metadata.annotations ?? {};
  if (wanted !== undefined && imageOf(found) !== wanted.image) {
    if (failed === wanted.image) throw failureOf(wanted.image, failure);
    const next = withImage(found, wanted, { ...beforeOf(found), ...NO_FAILURE });
    await client.replace(next, { signal });
    return;
  }
  if (failed !== undefined) {
    // Another one is named by now, or none: should it be named once more, it is tried once more.
    await client.replace(withMarks(found, NO_FAILURE), { signal });
    return;
  }
  await settle(upgrade, found, wanted);
}

/** What has become of an image that the Deployment runs. */
async function settle(
  { client, version, isProven, signal }: SelfUpgrade,
  found: KubeObject,
  wanted: Envelope['agent'],
): Promise<void> {
  const before = found.metadata.annotations?.[BEFORE];
  if (before === undefined || !isCurrent(found)) return;
  const progressing = conditionOf(found, 'Progressing');
  if (isProven && isComplete(found) && (wanted === undefined || wanted.version === version)) {
    await client.replace(withMarks(found, NO_BEFORE), { signal });
    return;
  }
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return;
  const image = imageOf(found) ?? '';
  await client.replace(withBefore(found, progressing.message), { signal });
  throw failureOf(image, progressing.message);
}

async function takeBackOnce({ client, namespace, signal, pod }: TakeBack): Promise<boolean> {
  const found = pod === undefined ? undefined : await ownDeployment({ client, namespace, signal });
  if (pod === undefined || found?.metadata.annotations?.[BEFORE] === undefined) return false;
  const own = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace } };
  const object = await client.get(own, { signal });
  const [status] = listAt(object, 'status', 'containerStatuses');
  const restarts = numberAt(status, 'restartCount') ?? 0;
  // A pod that is left from an image that was taken back already says nothing of the one that runs now.
  const [container] = listAt(object, 'spec', 'containers');
  const isOfNow = contentOf(textAt(container, 'image')) === contentOf(imageOf(found));
  if (restarts < MAX_RESTARTS || !isOfNow) return false;
  await client.replace(withBefore(found, `it has ended ${restarts} times`), { signal });
  return true;
}

async function ownDeployment({ client, namespace, signal }: Omit<TakeBack, 'pod'>) {
  const metadata = { name: AGENT_NAME, namespace };
  return await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', metadata }, { signal });
}

/** What is gone back to from the next image: what has not got ready yet is nothing to go back to. */
function beforeOf(found: KubeObject): Marks {
  const { annotations = {} } = found.metadata;
  const { [BEFORE]: image, [VERSION_BEFORE]: version } = annotations;
  if (image !== undefined && !(isCurrent(found) && isComplete(found)))
    return { [BEFORE]: image, [VERSION_BEFORE]: version };
  return {
    [BEFORE]: imageOf(found),
    [VERSION_BEFORE]: textAt(found, 'spec', 'template', 'metadata', 'labels', VERSION_LABEL),
  };
}

// With the label that its pods had: then they are the same to the cluster, and those that still run go on.
function withBefore(found: KubeObject, failure: string): KubeObject {
  const { [BEFORE]: image = '', [VERSION_BEFORE]: version = '' } = found.metadata.annotations ?? {};
  const marks = { [FAILED]: imageOf(found), [FAILURE]: failure.slice(0, MAX_FAILURE), ...NO_BEFORE };
  return withImage(found, { image, version }, marks);
}

// What the status says may still be about the image before.
function isCurrent(deployment: KubeObject): boolean {
  const observed = numberAt(deployment, 'status', 'observedGeneration') ?? 0;
  return observed >= (deployment.metadata.generation ?? 0);
}

function isComplete(deployment: KubeObject): boolean {
  return conditionOf(deployment, 'Progressing')?.reason === 'NewReplicaSetAvailable';
}

function failureOf(image: string, detail = '') {
  return platformError('AGENT_UPGRADE_FAILED', { subject: image, detail });
}

function imageOf(deployment: KubeObject): string | undefined {
  const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  return textAt(container, 'image');
}

// A cluster may have its pods pull the same image from somewhere else.
function contentOf(image = ''): string {
  return image.slice(image.lastIndexOf('@') + 1);
}

function withImage(deployment: KubeObject, { image, version }: Wanted, marks: Marks): KubeObject {
  const spec = objectAt(deployment, 'spec');
  const template = objectAt(spec, 'template');
  const podMeta = objectAt(template, 'metadata');
  const podSpec = objectAt(template, 'spec');
  const [first, ...others] = listAt(podSpec, 'containers');
  return {
    ...withMarks(deployment, marks),
    spec: {
      ...spec,
      template: {
        ...template,
        metadata: {
          ...podMeta,
          labels: { ...objectAt(podMeta, 'labels'), [VERSION_LABEL]: labelOf(version) },
        },
        spec: { ...podSpec, containers: [{ ...(isJsonObject(first) ? first : {}), image }, ...others] },
      },
    },
  };
}

function withMarks(deployment: KubeObject, marks: Marks): KubeObject {
  const kept = { ...deployment.metadata.annotations, ...marks };
  const { managedFields: _, ...metadata } = deployment.metadata;
  const annotations = Object.fromEntries(
    Object.entries(kept).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  return { ...deployment, metadata: { ...metadata, annotations } };
}

// A label takes no plus sign.
function labelOf(version: string): string {
  return version.replaceAll('+', '_').slice(0, 63);
}
