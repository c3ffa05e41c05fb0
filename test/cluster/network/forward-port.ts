import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Cluster } from '../cluster.ts';

/** A port on loopback that leads to an address in an island. */
export interface PortForward {
  readonly port: number;
  close(): void;
}

/** Lets programs outside of an island talk to an address inside of it. */
export async function forwardPort(
  cluster: Pick<Cluster, 'connect'>,
  host: string,
  port: number,
): Promise<PortForward> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    cluster.connect(host, port).then(
      (far) => {
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket
            .on('error', () => undefined)
            .on('close', () => {
              sockets.delete(socket);
              near.destroy(far.destroy().errored ?? undefined);
            });
        }
        near.pipe(far).pipe(near);
      },
      () => near.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
