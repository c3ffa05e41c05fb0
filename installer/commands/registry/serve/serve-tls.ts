import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../../content/error.ts';
import { registryError } from '../../../../registry/errors.ts';
import type { Log } from '../../../../registry/log.ts';
import type { RegistryServer, TlsOptions } from '../../../../registry/server/server.ts';
import { watchFiles } from '../../../../registry/watched-files.ts';
import { installerError } from '../../../errors.ts';
import type { TlsCommandOptions } from './serve-options.ts';

export interface ServeTls {
  readonly tls: TlsOptions | undefined;
  /** Gives the registry new certificates when the files change; a pair that is no good keeps the old one. */
  follow(registry: Pick<RegistryServer, 'reloadTls'>): void;
  /** Looks now whether they changed. */
  look(): Promise<void>;
  close(): void;
}

/** Throws USAGE, REGISTRY_TLS_INVALID for a file that can't be read. */
export async function openServeTls(options: TlsCommandOptions, log: Log): Promise<ServeTls> {
  const { tlsCert, tlsKey, clientCa } = options;
  if (tlsCert === undefined && tlsKey === undefined && clientCa === undefined) {
    return { tls: undefined, follow: () => {}, look: async () => {}, close: () => {} };
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw installerError('USAGE', {
      subject: 'skerry registry serve',
      detail: '--tls-cert and --tls-key go together, and --client-ca needs both',
    });
  }
  let registry: Pick<RegistryServer, 'reloadTls'> | undefined;
  const paths = [tlsCert, tlsKey, ...(clientCa === undefined ? [] : [clientCa])];
  const say = (event: string, error?: string) => log({ time: new Date().toISOString(), event, error });
  const { first, look, stop } = await watchFiles({
    paths,
    read: async (): Promise<TlsOptions> => {
      const [cert = '', key = '', ca] = await Promise.all(paths.map(readPem));
      return { cert, key, clientCa: ca };
    },
    onChange: (tls) => {
      registry?.reloadTls(tls);
      say('tls-read');
    },
    onFailure: (error) => say('tls-kept', messageOf(error)),
  });
  return {
    tls: first,
    follow: (served) => {
      registry = served;
    },
    look,
    close: stop,
  };
}

async function readPem(path: string): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    throw registryError('REGISTRY_TLS_INVALID', {
      subject: path,
      detail: messageOf(cause),
      remedy: 'Give a PEM file that is there and that the user that the registry runs as may read.',
      cause,
    });
  });
}
