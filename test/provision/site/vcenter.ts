import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { CloudProvider } from '../../../platform/infra/provider/provider.ts';
import { vsphere } from '../../../platform/infra/provider/vsphere/driver.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { MachineSite } from '../../machines/site.ts';
import { startVcsim, type Vcsim } from '../vcsim.ts';

const PORT = 8989;

/** A vCenter on a workstation of its own beside a cluster. */
export interface Vcenter {
  readonly vcsim: Vcsim;
  /** The cloud as the test itself sees it. */
  readonly cloud: CloudProvider;
  stop(): Promise<void>;
}

/** Its virtual machines are machines of the site. */
export async function startVcenter(cluster: Cluster, machines: MachineSite): Promise<Vcenter> {
  const { address, network } = await cluster.addWorkstation({ name: 'vcenter' });
  const vcsim = await startVcsim({
    ...{ folder: join(cluster.folder, 'vcsim'), listen: `${address}:${PORT}` },
    ...{ network, machines },
  });
  const door = await forward(cluster, address, PORT);
  const cloud = openCloud(vcsim, door);
  return {
    vcsim,
    cloud,
    stop: async () => {
      await cloud.close();
      door.close();
      await vcsim.stop();
    },
  };
}

/** A port of this machine that leads to one of the island. */
async function forward(cluster: Cluster, host: string, port: number): Promise<Server> {
  const server = createServer((socket) => {
    cluster.connect(host, port).then(
      (other) => {
        socket.pipe(other).pipe(socket);
        other.on('error', () => socket.destroy());
        socket.on('error', () => other.destroy());
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return server;
}

function openCloud({ ca, username, password }: Vcsim, door: Server): CloudProvider {
  const { port } = door.address() as AddressInfo;
  const account = {
    origin: { project: 'test', name: 'test' },
    type: 'vsphere' as const,
    endpoint: `https://127.0.0.1:${port}`,
    ca,
    credentials: { name: 'test' },
    requestsPerSecond: 20,
  };
  return vsphere.open({ account, credentials: { username, password }, now: () => new Date() });
}
