import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network that breaks: every connection through it is cut once it has carried so many bytes, either way. */
export interface CuttingProxy extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string;
  readonly cuts: number;
}

export async function openCuttingProxy(target: string, bytes: number): Promise<CuttingProxy> {
  const { hostname, port } = new URL(`http://${target}`);
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let carried = 0;
    const end = () => [near, far].map((socket) => socket.destroy());
    const join = (from: Socket, to: Socket) => {
      open.add(from);
      from.on('close', () => open.delete(from)).on('error', end);
      from.on('data', (chunk) => {
        carried += chunk.length;
        if (carried < bytes) return;
        cuts++;
        end();
      });
      from.pipe(to);
    };
    join(near, far);
    join(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    host: `localhost:${address.port}`,
    get cuts() {
      return cuts;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
