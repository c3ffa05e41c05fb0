import type { Socket } from 'node:net';

/** Where a connection comes from. An IPv4 client of a socket that also takes IPv6 is shown as what it is (RFC 4291, 2.5.5.2). */
export function remoteAddressOf({ remoteAddress }: Pick<Socket, 'remoteAddress'>): string | undefined {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '');
}
