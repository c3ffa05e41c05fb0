import type { Duplex } from 'node:stream';

/** How long a client may take to read why. */
const LINGER_MS = 1000;

/** Says something last and closes the connection for good, whether or not the client reads it or closes as well. */
export function endWith(socket: Duplex, answer: string): void {
  socket.on('error', () => {});
  socket.end(answer);
  // What the client still sends must not make the kernel reset the connection before the answer was read.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(linger));
}
