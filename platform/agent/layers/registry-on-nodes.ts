import { originOf } from '../../../content/remote/address.ts';

/**
 * A registry's address for nodes: the platform's own, which has a name that resolves in the cluster alone, answers on
 * each node's own address; any other is reached by the same address from everywhere.
 */
export function addressOnNodes(registry: string, own: { address: string; onNodes: string }): string {
  const { host } = new URL(originOf(registry));
  return host === own.address ? own.onNodes : host;
}
