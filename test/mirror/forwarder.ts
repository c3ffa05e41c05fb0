import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** What goes through it, in bytes. */
export interface Traffic {
  /** From clients to the server, and back. */
  up: number;
  down: number;
}

export interface Forwarder extends AsyncDisposable, Readonly<Traffic> {
  /** `http://ADDRESS:PORT`. */
  readonly url: string;
}

/** After each piece: no faster than what reads it, or it would lie in the buffers of the system. */
const PAUSE_MS = 1;

/** Passes connections on to a port of this machine and counts what goes through; `onTraffic` sees each piece. */
export async function forwardTo(port: number, address: string, onTraffic: () => void): Promise<Forwarder> {
  const traffic: Traffic = { up: 0, down: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to, way] of [
      [client, upstream, 'up'],
      [upstream, client, 'down'],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        traffic[way] += chunk.byteLength;
        const isFull = !to.write(chunk);
        onTraffic();
        from.pause();
        if (isFull) to.once('drain', () => from.resume());
        else setTimeout(() => from.resume(), PAUSE_MS);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a forwarder listens on a port');
  return {
    url: `http://${address}:${bound.port}`,
    get up() {
      return traffic.up;
    },
    get down() {
      return traffic.down;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An address of this machine by which others reach it: what is behind it is not taken for local. Undefined without a network. */
export function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
