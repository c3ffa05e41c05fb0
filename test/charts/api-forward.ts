import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

/** Lets programs outside of the island talk to its API server: a port on loopback, and kubeconfigs for it. */
export interface ApiForward {
  readonly url: string;
  /** Writes a copy of an island's kubeconfig that goes through the port; gives its path. */
  kubeconfig(path: string, folder: string): Promise<string>;
  close(): void;
}

const kubeconfigSchema = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

export async function forwardApi(cluster: Pick<Cluster, 'connect' | 'nodeAddress'>): Promise<ApiForward> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    cluster.connect(cluster.nodeAddress, 6443).then(
      (far) => {
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket
            .on('error', () => undefined)
            .on('close', () => near.destroy(far.destroy().errored ?? undefined));
        }
        near.pipe(far).pipe(near);
      },
      () => near.destroy(),
    );
  });
  const url = `https://localhost:${await listen(server)}`;
  return {
    url,
    kubeconfig: async (path, folder) => {
      const config = kubeconfigSchema.parse(parse(await readFile(path, 'utf8')));
      for (const { cluster: entry } of config.clusters) entry.server = url;
      const copy = join(folder, `${crypto.randomUUID()}.yaml`);
      await writeFile(copy, stringify(config), { mode: 0o600 });
      return copy;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
