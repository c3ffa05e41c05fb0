import type { AddressInfo } from 'node:net';
import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import { createRegistryServer, type RegistryOptions, type RegistryServer } from './server.ts';

/**
 * Connections that wait to be accepted: as many as may be open, as the system drops what comes beyond and clients try again
 * only after seconds. The system may hold it to less (net.core.somaxconn).
 */
const BACKLOG = 4096;

export interface ServeOptions extends RegistryOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
}

export interface ServedRegistry {
  readonly address: string;
  readonly port: number;
  reloadTls: RegistryServer['reloadTls'];
  close: RegistryServer['close'];
}

/** Serves a store until it is closed. Throws REGISTRY_LISTEN_FAILED and what createRegistryServer throws. */
export async function serveRegistry(options: ServeOptions): Promise<ServedRegistry> {
  const { server, reloadTls, close } = await createRegistryServer(options);
  const { host, port } = options.listen;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG }, resolve);
    });
  } catch (cause) {
    await close();
    throw registryError('REGISTRY_LISTEN_FAILED', {
      subject: `${host}:${port}`,
      detail: messageOf(cause),
      cause,
    });
  }
  const bound = server.address();
  const { address, port: taken } = isAddressInfo(bound) ? bound : { address: host, port };
  return { address, port: taken, reloadTls, close };
}

function isAddressInfo(bound: AddressInfo | string | null): bound is AddressInfo {
  return typeof bound === 'object' && bound !== null;
}
