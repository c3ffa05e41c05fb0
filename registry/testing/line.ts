import { createServer, connect as openSocket, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** For tests: the line to a registry, which counts what it carries and can be cut. */
export interface Line {
  readonly port: number;
  /** Bytes that have come from the registry. */
  readonly carried: number;
  /** Closes all connections and takes no more, or none that are answered. */
  cut(): void;
  mend(): void;
}

export async function startLine(context: TestContext, to: number): Promise<Line> {
  let carried = 0;
  let isCut = false;
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    hold(near);
    if (isCut) return near.resetAndDestroy();
    const far = openSocket(to, '127.0.0.1');
    hold(far);
    far.on('data', (chunk: Buffer) => {
      carried += chunk.byteLength;
    });
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  context.after(() => {
    end();
    server.close();
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    get carried() {
      return carried;
    },
    cut: () => {
      isCut = true;
      end();
    },
    mend: () => {
      isCut = false;
    },
  };
}
