import { createHash } from 'node:crypto';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { containerPulls } from '../address/reachability.ts';
import { installerError } from '../errors.ts';
import { NAMESPACE } from '../names.ts';
import { marked } from '../record/mark.ts';

export interface PullInput {
  readonly client: KubeClient;
  readonly images: readonly string[];
  readonly nodes: readonly string[];
  /** Of the installation. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly clock?: Clock | undefined;
}

/** On the pods that only pull. */
export const PULLS_LABEL = 'skerry.dev/pulls';
/** Containers of one pod: one node, one pod, and nothing that a limit of the cluster would mind. */
const MOST = 50;
/** The slowest node with the largest images. */
const TIMEOUT_MS = 1_800_000;
/** What fails for longer is not going to work. */
const PATIENCE_MS = 60_000;
const CLEANUP_MS = 10_000;
const WIDTH = 8;
/** No program of this name is in any image: a container that can't start has been pulled. */
const COMMAND = ['/skerry-pulls-only'];

/**
 * Has each node pull images: by a pod on it whose containers never run. Pods of a run that was cut off are taken up, and
 * all go in the end. Throws NODE_CANNOT_PULL.
 */
export async function pullOnNodes(input: PullInput): Promise<void> {
  const { client, images, nodes, signal } = input;
  if (images.length === 0 || nodes.length === 0) return;
  const pods = podsOf(input);
  try {
    await mapLimited(pods, WIDTH, (pod) => makePod(client, pod, signal));
    await waitPulled(input, pods);
  } finally {
    const late = AbortSignal.timeout(CLEANUP_MS);
    await mapLimited(pods, WIDTH, (pod) => client.delete(pod, { signal: late }).catch(() => undefined));
  }
}

async function makePod(client: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<void> {
  try {
    await client.create(pod, { signal });
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
  }
}

async function waitPulled(input: PullInput, wanted: readonly KubeObject[]): Promise<void> {
  const { client, nodes, signal, onProgress, clock } = input;
  const selection = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: NAMESPACE,
    labelSelector: `${PULLS_LABEL}=true`,
  };
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  let waiting: readonly KubeObject[] = wanted;
  await waitUntil({
    client,
    selections: [selection],
    timeoutMs: TIMEOUT_MS,
    signal,
    clock,
    look: async (waited) => {
      const { items } = await client.list(selection, { signal });
      const found = new Map(
        items.filter(({ metadata }) => names.has(metadata.name)).map((pod) => [pod.metadata.name, pod]),
      );
      waiting = wanted.filter((pod) => !isPulled(found.get(pod.metadata.name)));
      const busy = new Set(waiting.map(nodeOf));
      onProgress(`${nodes.length - busy.size} of ${nodes.length} nodes have all images`);
      const trouble = waiting.map((pod) => troubleOf(found.get(pod.metadata.name))).find(Boolean);
      if (trouble !== undefined && waited > PATIENCE_MS) throw cannotPull(trouble.node, trouble.message);
      return waiting.length === 0 || undefined;
    },
    late: () => cannotPull(nodeOf(waiting[0]), `not done after ${TIMEOUT_MS / 60_000} minutes`),
  });
}

function isPulled(pod: KubeObject | undefined): boolean {
  if (pod === undefined) return false;
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const wanted = listAt(pod, 'spec', 'containers').length;
  return statuses.length === wanted && statuses.every((status) => containerPulls(status).state === 'pulled');
}

function troubleOf(pod: KubeObject | undefined): { node: string; message: string } | undefined {
  if (pod === undefined) return undefined;
  const failing = listAt(pod, 'status', 'containerStatuses')
    .map(containerPulls)
    .find(({ state }) => state === 'failing');
  if (failing !== undefined) return { node: nodeOf(pod), message: failing.message };
  // A node that takes no more pods refuses it whole.
  const isRefused = textAt(pod, 'status', 'phase') === 'Failed' && !isPulled(pod);
  return isRefused
    ? { node: nodeOf(pod), message: textAt(pod, 'status', 'message') ?? 'the node refused the pod' }
    : undefined;
}

function nodeOf(pod: KubeObject | undefined): string {
  return textAt(pod, 'spec', 'nodeName') ?? '';
}

function cannotPull(node: string, detail: string) {
  return installerError('NODE_CANNOT_PULL', { subject: `node ${node}`, detail: detail.slice(0, 500) });
}

function podsOf({ nodes, images, id }: PullInput): KubeObject[] {
  return nodes.flatMap((node) => chunksOf(images).map((chunk) => pullPod(node, chunk, id)));
}

function chunksOf(images: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(images.length / MOST);
  return Array.from({ length: count }, (_, index) => images.slice(index * MOST, (index + 1) * MOST));
}

function pullPod(node: string, images: readonly string[], id: string): KubeObject {
  const name = createHash('sha256')
    .update(JSON.stringify([node, images]))
    .digest('hex')
    .slice(0, 12);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `skerry-pull-${name}`,
      namespace: NAMESPACE,
      labels: { ...marked(id), [PULLS_LABEL]: 'true' },
    },
    spec: {
      // Not by the scheduler: full or reserved nodes pull too.
      nodeName: node,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: images.map((image, index) => ({
        name: `pull-${index}`,
        image,
        command: COMMAND,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      })),
    },
  };
}
