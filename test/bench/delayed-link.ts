import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface DelayedLink {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A way to a server of this machine on which everything takes so long in each direction, as between two sites. */
export async function delayedLink(to: string, milliseconds: number): Promise<DelayedLink> {
  const [host, port] = to.split(':');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => setTimeout(() => other.writable && other.write(chunk), milliseconds));
      from.on('error', () => other.destroy());
      from.on('close', () => {
        sockets.delete(from);
        setTimeout(() => other.destroy(), milliseconds);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a link listens on a port');
  return {
    address: `127.0.0.1:${bound.port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
