import { randomUUID } from 'node:crypto';
import type { KubeClient } from '../../apply/client/client.ts';
import type { Clock } from '../../apply/clock.ts';
import { listAt, numberAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { LABELS } from '../names.ts';
import { type Endpoint, endpointSlice } from './address.ts';
import { makeProbeNamespace, removeProbeNamespace, sweepProbeNamespaces } from './probe-namespace.ts';

export interface ReachabilityInput {
  readonly client: KubeClient;
  readonly endpoint: Endpoint;
  /** Nodes to ask; each pulls the image once. */
  readonly nodes: readonly string[];
  /** `repository:tag@digest` of a small image behind the endpoint. */
  readonly image: string;
  /** Makes the name of the namespace that the probe lives in. */
  readonly random: () => string;
  /** The NodePort to try; any free one otherwise. */
  readonly nodePort?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const SERVICE = 'registry';
/** What fails for longer is not going to work. */
const PATIENCE_MS = 20_000;
const TIMEOUT_MS = 60_000;
/** No listener, no rule of kube-proxy: it had its moment. */
const REFUSED_PATIENCE_MS = 8000;
/** kube-proxy and the controllers of a new namespace need a moment; what fails is tried again after this. */
const AGAIN_MS = 250;
const LONGEST_PAUSE_MS = 2000;

/**
 * Has every node pull a small image by the way that all images will come: a NodePort on the node itself that leads to
 * the endpoint. All of it happens in a namespace of its own, whose removal is waited for only when this fails.
 * Throws NODE_CANNOT_REACH_WORKSTATION, with the node and what its container runtime said.
 */
export async function checkReachability(input: ReachabilityInput): Promise<void> {
  const { client, signal } = input;
  const namespace = `skerry-preflight-${input.random()}`;
  let isPulled = false;
  try {
    const own = await makeProbeNamespace(client, namespace, signal);
    const service = await client.apply(probeService(namespace, input.nodePort), { signal });
    await client.apply(endpointSlice(input.endpoint, { name: SERVICE, namespace, service: SERVICE }), {
      signal,
    });
    const port = numberAt(listAt(service, 'spec', 'ports')[0], 'nodePort');
    await Promise.all([
      pullEverywhere(namespace, `localhost:${port}/${input.image}`, input),
      // Housekeeping: what can't be swept now is swept by a later run.
      sweepProbeNamespaces(client, own, signal).catch(() => undefined),
    ]);
    isPulled = true;
  } finally {
    await removeProbeNamespace(client, namespace, { wait: !isPulled });
  }
}

/** Waits until each node has pulled; a pod that failed is replaced, since a new one tries at once. */
async function pullEverywhere(namespace: string, image: string, input: ReachabilityInput): Promise<void> {
  const { client, endpoint, nodes, signal, onProgress, timeoutMs = TIMEOUT_MS, clock } = input;
  const pulled = new Set<string>();
  const due = new Map<string, number>();
  const tries = new Map<string, number>();
  const pods = { apiVersion: 'v1', kind: 'Pod', namespace };
  // The kubelet tells of a pull at once, and of a container only at its next look around.
  const pulls = { apiVersion: 'v1', kind: 'Event', namespace, fieldSelector: 'reason=Pulled' };
  await waitUntil({
    client,
    selections: [pods, pulls],
    everyMs: AGAIN_MS,
    timeoutMs,
    signal,
    clock,
    look: async (waited) => {
      const [{ items }, said] = await Promise.all([
        client.list(pods, { signal }),
        client.list(pulls, { signal }).catch(() => ({ items: [] })),
      ]);
      signal.throwIfAborted();
      const told = new Set(said.items.map((event) => textAt(event, 'involvedObject', 'name')));
      const live = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      for (const pod of live) {
        const node = textAt(pod, 'spec', 'nodeName') ?? pod.metadata.name;
        const { state, message } = pullState(pod);
        if (state === 'pulled' || told.has(pod.metadata.name)) pulled.add(node);
        if (state === 'failing' && !pulled.has(node) && waited > patience(message))
          throw unreachable(node, endpoint, message);
        if (state === 'failing') await client.delete(pod, { uid: pod.metadata.uid, signal });
      }
      const busy = new Set(
        live
          .filter((pod) => pullState(pod).state !== 'failing')
          .map((pod) => textAt(pod, 'spec', 'nodeName')),
      );
      const idle = nodes.filter(
        (node) => !pulled.has(node) && !busy.has(node) && (due.get(node) ?? 0) <= waited,
      );
      for (const node of idle) {
        due.set(node, waited + pauseAfter(tries.get(node) ?? 0));
        tries.set(node, (tries.get(node) ?? 0) + 1);
        await tryPod(client, probePod(namespace, node, image), waited, signal);
      }
      onProgress?.(`${pulled.size} of ${nodes.length} nodes can pull from ${endpoint.ip}:${endpoint.port}`);
      return pulled.size >= nodes.length || undefined;
    },
    late: () => unreachable(nodes.find((node) => !pulled.has(node)) ?? '', endpoint, 'no answer in time'),
  });
}

function pauseAfter(tries: number): number {
  return Math.min(AGAIN_MS * 2 ** tries, LONGEST_PAUSE_MS);
}

// Until its default service account is made, a new namespace refuses pods (the ServiceAccount admission plugin).
async function tryPod(
  client: Pick<KubeClient, 'create'>,
  pod: KubeObject,
  waited: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(pod, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (waited > PATIENCE_MS || !isSkerryError(error) || !MAY_PASS.has(error.code)) throw error;
  }
}

const MAY_PASS = new Set(['CLUSTER_FORBIDDEN', 'OBJECT_REFUSED', 'NAMESPACE_NOT_FOUND']);

/** What a pod's one container says about its image. Whether it then runs is of no interest. */
export function pullState(pod: KubeObject): PullState {
  const [container] = listAt(pod, 'status', 'containerStatuses');
  const { state, message } = containerPulls(container);
  const said = message === '' ? (textAt(pod, 'status', 'message') ?? '') : message;
  const isFailed = state === 'waiting' && textAt(pod, 'status', 'phase') === 'Failed';
  return { state: isFailed ? 'failing' : state, message: said };
}

export interface PullState {
  readonly state: 'pulled' | 'failing' | 'waiting';
  readonly message: string;
}

/** What the status of a container says about its image. */
export function containerPulls(container: unknown): PullState {
  const state = objectAt(container, 'state');
  const reason = textAt(state, 'waiting', 'reason') ?? '';
  const message = textAt(state, 'waiting', 'message') ?? '';
  if (
    objectAt(state, 'running') ||
    objectAt(state, 'terminated') ||
    /^(CreateContainer|RunContainer|CrashLoop)/.test(reason)
  ) {
    return { state: 'pulled', message };
  }
  if (reason.startsWith('ErrImage') || reason === 'ImagePullBackOff') return { state: 'failing', message };
  return { state: 'waiting', message };
}

/** What a runtime says where nothing listens on the node's own loopback: no time will change that. */
export function isRefusedOnLoopback(message: string): boolean {
  return /dial tcp (?:127\.0\.0\.1|\[::1\]):\d+: (?:connect: )?connection refused/.test(message);
}

function patience(message: string): number {
  return isRefusedOnLoopback(message) ? REFUSED_PATIENCE_MS : PATIENCE_MS;
}

function unreachable(node: string, { ip, port }: Endpoint, message: string) {
  return installerError('NODE_CANNOT_REACH_WORKSTATION', {
    subject: `node ${node}`,
    detail: `registry at ${ip}:${port}: ${message.slice(0, 500)}`,
  });
}

function probeService(namespace: string, nodePort: number | undefined): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SERVICE, namespace, labels: LABELS },
    spec: {
      type: 'NodePort',
      ports: [
        { name: 'registry', port: 5000, protocol: 'TCP', ...(nodePort === undefined ? {} : { nodePort }) },
      ],
    },
  };
}

/** A pod that has one node pull one image, whether or not it could run. */
export function probePod(namespace: string, node: string, image: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pull-${randomUUID()}`, namespace, labels: LABELS },
    spec: {
      // Not by the scheduler: full or reserved nodes pull too.
      nodeName: node,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      // Fits the strictest pod security level, which some clusters ask of every namespace.
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'pull',
          image,
          imagePullPolicy: 'Always',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
