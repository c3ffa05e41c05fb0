import type { OwnedMachine } from '../machine.ts';
import { addressesIn, markIn, portMark, TAG } from './mark.ts';
import { Port } from './port.ts';
import { addressesOf } from './server.ts';
import { listOwnedServers } from './servers.ts';
import type { Services } from './services.ts';

/** Machines with a mark of the platform, and ports that wait for a server or were left by one. */
export async function listOwned(services: Services, signal: AbortSignal): Promise<OwnedMachine[]> {
  const servers = (await listOwnedServers(services, signal)).flatMap((server) => {
    const { id, name, metadata } = server;
    const mark = markIn(metadata);
    const addresses = [...new Set([...addressesIn(metadata), ...addressesOf(server)])];
    return mark === undefined ? [] : [{ mark, name, reference: id, addresses }];
  });
  const { project } = await services.token(signal);
  const query = { project_id: project.id, device_id: '' };
  const ports = await services.list('network', Port, { path: '/ports', plural: 'ports', query }, signal);
  const known = new Set(servers.map(({ mark }) => mark.id));
  const lone = ports.flatMap((port) => {
    const found = portMark(port.description);
    const id = port.name.startsWith(`${TAG}-`) ? port.name.slice(TAG.length + 1) : undefined;
    if (found === undefined || id === undefined || port.device_id !== '' || known.has(id)) return [];
    const { clusterId, cluster, machine } = found;
    const mark = { id, clusterId, cluster, machine };
    const addresses = port.fixed_ips.map(({ ip_address }) => ip_address);
    return [{ mark, name: machine, reference: `port ${port.id}`, addresses }];
  });
  return [...servers, ...lone];
}
