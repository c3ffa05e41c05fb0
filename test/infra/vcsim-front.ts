import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port before vCenter's, by which it can be out of reach. */
export interface Front {
  readonly port: number;
  isAway: boolean;
  close(): Promise<void>;
}

export async function startFront(target: number): Promise<Front> {
  const open = new Set<Socket>();
  const front = { port: 0, isAway: false, close: async () => undefined as undefined };
  const server = createServer((socket) => {
    if (front.isAway) return socket.destroy();
    const onward = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one) && other.destroy());
    }
    socket.pipe(onward).pipe(socket);
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let isAway = false;
  return {
    port: (server.address() as AddressInfo).port,
    get isAway() {
      return isAway;
    },
    set isAway(is) {
      isAway = is;
      front.isAway = is;
      if (is) for (const socket of open) socket.destroy();
    },
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
