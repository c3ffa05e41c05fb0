import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Cluster, Workstation } from '../cluster/cluster.ts';
import { until } from '../fleet/until.ts';

/** Runs in the workstation's network: HOST:PORT leads to a socket, which is reached through the file system. */
const INSIDE = `
const { connect, createServer } = require('node:net');
const [host, port, socket] = process.argv.slice(1);
createServer((near) => {
  const far = connect(socket);
  for (const [one, other] of [[near, far], [far, near]]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
  near.pipe(far).pipe(near);
}).listen(Number(port), host);
`;

export interface LedIn {
  stop(): Promise<void>;
}

/** Makes a port of this machine one of a workstation in the island, for what is inside of it. */
export async function leadIn(
  { folder }: Cluster,
  workstation: Workstation,
  port: number,
  target: number,
): Promise<LedIn> {
  const socket = join(folder, `${workstation.name}-${port}.sock`);
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(socket);
  await once(server, 'listening');
  const stop = new AbortController();
  const args = ['-e', INSIDE, workstation.address, String(port), socket];
  const running = workstation.exec(process.execPath, args, { signal: stop.signal });
  // Whatever it answers: only that nobody listens is no answer.
  const look = ['--silent', '--max-time', '2', `http://${workstation.address}:${port}/`];
  const answers = async () => (await workstation.exec('curl', look)).exitCode !== 7;
  await until(`port ${port} of ${workstation.name}`, async () => ((await answers()) ? true : undefined));
  return {
    stop: async () => {
      stop.abort();
      await running.catch(() => undefined);
      server.close();
    },
  };
}
