import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Cluster, Workstation } from '../cluster/cluster.ts';
import { until } from '../fleet/until.ts';

export interface Inward {
  /** Of the cluster whose island it is. */
  readonly folder: Cluster['folder'];
  /** Runs a program where `host` is: on a node, or on a workstation. */
  readonly exec: Workstation['exec'];
  readonly host: string;
  readonly port: number;
}

/** Makes a port of this machine's loopback one of an address in the island, for what is inside of it. */
export async function leadIn({ folder, exec, host, port }: Inward, target: number): Promise<AsyncDisposable> {
  const path = join(folder, `inward-${host}-${port}.sock`);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
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
  const running = exec(process.execPath, [script, host, String(port), path], { signal: stop.signal });
  // All that it answers is good: only a refused connection is no answer.
  const look = ['--silent', '--noproxy', '*', '--max-time', '2', `http://${host}:${port}/`];
  const answers = async () => (await exec('curl', look)).exitCode !== 7;
  await until(`${host}:${port} leads in`, async () => ((await answers()) ? true : undefined));
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
