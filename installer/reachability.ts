import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../apply/client.ts';
import { listAt, numberAt, objectAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { type Endpoint, endpointSlice } from './address.ts';
import { installerError } from './errors.ts';
import { LABELS, PREFLIGHT_LABEL } from './names.ts';

export interface ReachabilityInput {
  readonly client: KubeClient;
  readonly endpoint: Endpoint;
  /** Nodes to ask; each pulls the image once. */
  readonly nodes: readonly string[];
  /** `repository:tag@digest` of a small image behind the endpoint. */
  readonly image: string;
  /** Makes the name of the namespace that the probe lives in. */
  readonly random: () => string;
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const SERVICE = 'registry';
const POLL_MS = 500;
/** kube-proxy needs a moment to set up a new port. */
const SETTLE_MS = 1500;
/** What fails for longer is not going to work. */
const PATIENCE_MS = 20_000;
const CLEANUP_MS = 30_000;

/**
 * Has every node pull a small image by the way that all images will come: a NodePort on the node itself that leads to
 * the endpoint. All of it happens in a namespace of its own, which is gone afterwards whatever happened.
 * Throws NODE_CANNOT_REACH_WORKSTATION, with the node and what its container runtime said.
 */
export async function checkReachability(input: ReachabilityInput): Promise<void> {
  const { client, signal } = input;
  await removeLeftovers(client, signal);
  const namespace = `skerry-preflight-${input.random()}`;
  try {
    await client.apply(namespaceObject(namespace), { signal });
    const service = await client.apply(probeService(namespace), { signal });
    await client.apply(endpointSlice(input.endpoint, { name: SERVICE, namespace, service: SERVICE }), {
      signal,
    });
    const port = numberAt(listAt(service, 'spec', 'ports')[0], 'nodePort');
    const image = `localhost:${port}/${input.image}`;
    await sleep(SETTLE_MS, undefined, { signal });
    for (const node of input.nodes) await client.create(probePod(namespace, node, image), { signal });
    await waitPulled(namespace, image, input);
  } finally {
    await removeNamespace(client, namespace);
  }
}

async function waitPulled(
  namespace: string,
  image: string,
  { client, endpoint, nodes, signal, onProgress, timeoutMs = 60_000 }: ReachabilityInput,
) {
  const started = Date.now();
  const pulled = new Set<string>();
  while (pulled.size < nodes.length) {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
    const waited = Date.now() - started;
    for (const pod of items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
      const node = textAt(pod, 'spec', 'nodeName') ?? pod.metadata.name;
      const { state, message } = pullState(pod);
      if (state === 'pulled') pulled.add(node);
      if (state === 'failing' && waited > PATIENCE_MS) throw unreachable(node, endpoint, message);
      // A new pod tries at once; the old one would sit out the kubelet's growing pauses.
      if (state === 'failing') {
        await client.delete(pod, { signal });
        await client.create(probePod(namespace, node, image), { signal });
      }
    }
    onProgress?.(`${pulled.size} of ${nodes.length} nodes can pull from ${endpoint.ip}:${endpoint.port}`);
    const late = nodes.find((node) => !pulled.has(node));
    if (late !== undefined && waited > timeoutMs) throw unreachable(late, endpoint, 'no answer in time');
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** What a pod's one container says about its image. Whether it then runs is of no interest. */
export function pullState(pod: KubeObject): { state: 'pulled' | 'failing' | 'waiting'; message: string } {
  const [container] = listAt(pod, 'status', 'containerStatuses');
  const state = objectAt(container, 'state');
  const reason = textAt(state, 'waiting', 'reason') ?? '';
  const message = textAt(state, 'waiting', 'message') ?? textAt(pod, 'status', 'message') ?? '';
  if (
    objectAt(state, 'running') ||
    objectAt(state, 'terminated') ||
    /^(CreateContainer|RunContainer|CrashLoop)/.test(reason)
  ) {
    return { state: 'pulled', message };
  }
  if (reason.startsWith('ErrImage') || reason === 'ImagePullBackOff') return { state: 'failing', message };
  return { state: textAt(pod, 'status', 'phase') === 'Failed' ? 'failing' : 'waiting', message };
}

function unreachable(node: string, { ip, port }: Endpoint, message: string) {
  return installerError('NODE_CANNOT_REACH_WORKSTATION', {
    subject: `node ${node}`,
    detail: `registry at ${ip}:${port}: ${message.slice(0, 500)}`,
  });
}

async function removeLeftovers(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Namespace', labelSelector: `${PREFLIGHT_LABEL}=true` },
    { signal },
  );
  for (const { metadata } of items) await removeNamespace(client, metadata.name);
}

// Not bound to the signal: also someone who stops the installer wants to find the cluster as it was.
async function removeNamespace(client: KubeClient, name: string): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const signal = AbortSignal.timeout(CLEANUP_MS);
  try {
    await client.delete(reference, { signal });
    while ((await client.get(reference, { signal })) !== undefined)
      await sleep(POLL_MS, undefined, { signal });
  } catch {
    // It goes by itself in the end; the next run looks for it by its label.
  }
}

function namespaceObject(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...LABELS, [PREFLIGHT_LABEL]: 'true' } },
  };
}

function probeService(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: SERVICE, namespace, labels: LABELS },
    spec: { type: 'NodePort', ports: [{ name: 'registry', port: 5000, protocol: 'TCP' }] },
  };
}

function probePod(namespace: string, node: string, image: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pull-${randomUUID()}`, namespace, labels: LABELS },
    spec: {
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
