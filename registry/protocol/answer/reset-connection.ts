import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Cuts a connection in the middle of an answer. When it is closed in the usual way the kernel keeps what a client has not
 * taken, and keeps offering it for many minutes; a reset drops it at once (RFC 9293, section 3.10.5). Node can't
 * reset what is under TLS.
 */
export function resetConnection(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.destroyed || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
