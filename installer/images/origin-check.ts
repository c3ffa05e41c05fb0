import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../apply/client/client.ts';
import { textAt } from '../../apply/json.ts';
import { isSkerryError } from '../../content/error.ts';
import { probePod, pullState } from '../address/reachability.ts';
import { AS_WRITTEN_LABEL, LABELS, PREFLIGHT_LABEL } from '../names.ts';

export interface OriginCheckInput {
  readonly client: KubeClient;
  /** An image as its author calls it. */
  readonly image: string;
  readonly nodes: readonly string[];
  readonly random: () => string;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number | undefined;
}

export interface NodePull {
  readonly node: string;
  readonly pulled: boolean;
  /** What the node says, where it could not pull. */
  readonly problem: string;
}

const POLL_MS = 500;
const TIMEOUT_MS = 45_000;
const CLEANUP_MS = 30_000;

/** Has every node pull an image by its original reference, in a namespace that is removed afterwards. */
export async function checkOrigin(input: OriginCheckInput): Promise<NodePull[]> {
  const { client, image, nodes, signal } = input;
  const name = `skerry-preflight-${input.random()}`;
  // The nodes' files are what is asked about, not the policy that would turn the image before.
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...LABELS, [PREFLIGHT_LABEL]: 'true', [AS_WRITTEN_LABEL]: 'true' } },
  };
  try {
    await client.apply(namespace, { signal });
    await createPods(input, name);
    return await waitForPulls(
      input,
      name,
      new Map(nodes.map((node) => [node, `${image}: no answer in time`])),
    );
  } finally {
    // Not bound to the signal: also someone who stops wants to find the cluster as it was.
    await client.delete(namespace, { signal: AbortSignal.timeout(CLEANUP_MS) }).catch(() => undefined);
  }
}

// A new namespace refuses pods until its default service account is made.
async function createPods(
  { client, image, nodes, signal, timeoutMs = TIMEOUT_MS }: OriginCheckInput,
  namespace: string,
) {
  const deadline = Date.now() + timeoutMs;
  for (const node of nodes) {
    for (;;) {
      try {
        await client.create(probePod(namespace, node, image), { signal });
        break;
      } catch (error) {
        if (!isSkerryError(error, 'OBJECT_REFUSED') && !isSkerryError(error, 'CLUSTER_FORBIDDEN'))
          throw error;
        if (Date.now() > deadline) throw error;
        await sleep(POLL_MS, undefined, { signal });
      }
    }
  }
}

async function waitForPulls(
  { client, signal, timeoutMs = TIMEOUT_MS }: OriginCheckInput,
  namespace: string,
  open: Map<string, string>,
): Promise<NodePull[]> {
  const done = new Map<string, NodePull>();
  const deadline = Date.now() + timeoutMs;
  while (open.size > done.size && Date.now() < deadline) {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
    for (const pod of items) {
      const node = textAt(pod, 'spec', 'nodeName') ?? '';
      const { state, message } = pullState(pod);
      if (state !== 'waiting')
        done.set(node, { node, pulled: state === 'pulled', problem: state === 'pulled' ? '' : message });
    }
    if (open.size > done.size) await sleep(POLL_MS, undefined, { signal });
  }
  return [...open].map(([node, problem]) => done.get(node) ?? { node, pulled: false, problem });
}
