import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../apply/client/client.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { addressFile } from '../images/node-files.ts';
import { REGISTRY_ADDRESS, REGISTRY_NODE_PORT } from '../names.ts';
import { type NodeFacts, takenBy } from '../preflight/cluster-facts.ts';
import { checkReachability, isRefusedOnLoopback, type ReachabilityInput } from './reachability.ts';

/** How `localhost:31999` leads to the registry on a node: kube-proxy answers there, or a mirror file of the runtime does. */
export type AddressWay = 'node-port' | 'mirror-file';

export interface AddressWayInput extends Omit<ReachabilityInput, 'nodes' | 'nodePort'> {
  readonly nodes: readonly NodeFacts[];
  /** What an earlier run has found, whose Service holds the port already. */
  readonly earlier: AddressWay | undefined;
}

const POLL_MS = 250;
const FREE_MS = 30_000;

/**
 * Finds the way by which every node can pull, by pulling. Any NodePort is tried first; where nothing answers it on the
 * node's loopback, the registry's own port, for which a mirror file may be there. Throws NODE_CANNOT_REACH_WORKSTATION,
 * NODE_PORT_UNANSWERED.
 */
export async function findAddressWay({ nodes, earlier, ...input }: AddressWayInput): Promise<AddressWay> {
  // The port is in use by then, and the file knows this one only.
  if (earlier === 'mirror-file') return earlier;
  const names = nodes.map(({ name }) => name);
  const refused = await unanswered({ ...input, nodes: names });
  if (refused === undefined) return 'node-port';
  input.onProgress?.(`no NodePort on the nodes' loopback; trying a mirror file for ${REGISTRY_ADDRESS}`);
  const still = await unanswered({ ...input, nodes: names, nodePort: REGISTRY_NODE_PORT });
  if (still === undefined) {
    await waitPortFree(input.client, input.signal);
    return 'mirror-file';
  }
  const node = nodes.find(({ name }) => still.includes(name));
  const { path, text } = addressFile(node?.address ?? 'NODE-ADDRESS');
  throw installerError('NODE_PORT_UNANSWERED', {
    subject: `node ${node?.name ?? names.join(', ')}`,
    detail: `${still}; the file for this node is ${path}: ${text.trim().replace(/\s*\n\s*/g, '; ')}`,
  });
}

// The probe's own Service had the port, and goes with its namespace.
async function waitPortFree(client: Pick<KubeClient, 'list'>, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + FREE_MS;
  for (;;) {
    const other = takenBy((await client.list({ apiVersion: 'v1', kind: 'Service' }, { signal })).items);
    if (other === undefined) return;
    if (Date.now() > deadline)
      throw installerError('ADDRESS_TAKEN', {
        subject: `NodePort ${REGISTRY_NODE_PORT}`,
        detail: `Service ${other}`,
      });
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** What the runtime said, where nothing answers on a node's loopback; undefined where all nodes could pull. */
async function unanswered(input: ReachabilityInput): Promise<string | undefined> {
  try {
    await checkReachability(input);
    return undefined;
  } catch (error) {
    if (!isSkerryError(error, 'NODE_CANNOT_REACH_WORKSTATION')) throw error;
    if (!isRefusedOnLoopback(error.detail ?? '')) throw error;
    return `${error.subject}: ${error.detail ?? ''}`;
  }
}
