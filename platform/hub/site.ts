import type { KubeClient } from '../../apply/client/client.ts';
import { at, listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { REGISTRY_NODE_PORT } from '../desired/agent-names.ts';
import { platformError } from '../errors.ts';

/** NodePort of the Service skerry-hub-agents, as the chart has it unless told otherwise. */
const AGENTS_NODE_PORT = 31_844;

/** How managed clusters reach this one. */
export interface Site {
  /** Addresses of the agents' door. */
  readonly urls: readonly string[];
  /** Where their nodes reach the registry. */
  readonly registry: { readonly ip: string; readonly port: number };
}

/** So many nodes are named: one may be away. */
const MAX_NODES = 3;

/**
 * What was given, and for the rest the NodePorts on this cluster's own nodes: those that are there longest, so that the
 * answer seldom changes. Throws SITE_UNKNOWN where no node has an address, and the CLUSTER_ codes.
 */
export async function siteOf(
  client: Pick<KubeClient, 'list'>,
  given: { readonly urls: readonly string[]; readonly registry?: Site['registry'] | undefined },
  signal: AbortSignal,
): Promise<Site> {
  if (given.urls.length > 0 && given.registry !== undefined)
    return { urls: given.urls, registry: given.registry };
  const addresses = await readNodeAddresses(client, signal);
  const [first] = addresses;
  if (first === undefined) throw platformError('SITE_UNKNOWN', { subject: 'nodes' });
  return {
    urls:
      given.urls.length > 0 ? given.urls : addresses.map((ip) => `https://${host(ip)}:${AGENTS_NODE_PORT}`),
    registry: given.registry ?? { ip: first, port: REGISTRY_NODE_PORT },
  };
}

/** Addresses of this cluster's oldest nodes. Throws the CLUSTER_ codes. */
export async function readNodeAddresses(
  client: Pick<KubeClient, 'list'>,
  signal: AbortSignal,
): Promise<string[]> {
  return nodeAddresses((await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal })).items);
}

/** Internal addresses of the oldest nodes. */
export function nodeAddresses(nodes: readonly KubeObject[]): string[] {
  return nodes
    .toSorted((a, b) => age(a).localeCompare(age(b)) || a.metadata.name.localeCompare(b.metadata.name))
    .flatMap((node) => {
      const internal = listAt(node, 'status', 'addresses').find(
        (address) => at(address, 'type') === 'InternalIP',
      );
      return textAt(internal, 'address') ?? [];
    })
    .slice(0, MAX_NODES);
}

function age(node: KubeObject): string {
  return textAt(node, 'metadata', 'creationTimestamp') ?? '';
}

function host(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}
