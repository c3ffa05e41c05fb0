import type { Socket } from 'node:net';

/** Bytes that a connection has moved. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/** What connections had moved when their last request was over. */
const counted = new WeakMap<Socket, Traffic>();

export function trafficOf({ bytesRead, bytesWritten }: Socket): Traffic {
  return { read: bytesRead, written: bytesWritten };
}

/**
 * Where the traffic of a request begins: behind the request before it. Its own first bytes have been read when the
 * registry hears of it.
 */
export function trafficBefore(socket: Socket): Traffic {
  return counted.get(socket) ?? { read: 0, written: 0 };
}

/** To be called when a request is over. */
export function countTraffic(socket: Socket): void {
  counted.set(socket, trafficOf(socket));
}
