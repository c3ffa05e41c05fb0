import { join } from 'node:path';
import { sharedOutMemory } from '../../bench/process-tree.ts';
import { nodeProcess } from '../../cluster/node.ts';
import { listMachines } from '../../machines/machine.ts';
import type { HubSite } from './hub-site.ts';

/** Bytes of memory that the nodes of both clusters and all machines of the site have now. */
export async function siteMemory({ hub, gateway, machines }: HubSite): Promise<number> {
  const booted = (await listMachines(machines)).map(({ id }) => join(machines.folder, id));
  const roots = await Promise.all([hub.folder, gateway.folder, ...booted].map(nodeProcess));
  return sharedOutMemory(roots.flatMap((root) => (root === undefined ? [] : [root.pid])));
}
