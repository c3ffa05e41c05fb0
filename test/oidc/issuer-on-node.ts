import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';

/** Makes a port of this machine's loopback the same port of a node's loopback, until it is closed. */
export async function bringIn(
  cluster: Pick<Cluster, 'execOnNode' | 'folder'>,
  port: number,
): Promise<AsyncDisposable> {
  const path = join(cluster.folder, `inward-${port}.sock`);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => undefined)
        .once('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  });
  server.listen(path);
  await once(server, 'listening');
  const stop = new AbortController();
  const script = join(import.meta.dirname, 'inward.ts');
  const running = cluster.execOnNode(process.execPath, [script, String(port), path], { signal: stop.signal });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
