import { readFile } from 'node:fs/promises';
import { messageOf } from '../../content/error.ts';
import type { RemoteOptions } from '../../content/remote/client.ts';
import type { CredentialSource } from '../../content/remote/credentials.ts';
import type { UploadSessions } from '../../content/remote/upload-sessions.ts';
import { mirrorError } from '../errors.ts';
import type { MirrorFile } from '../file/mirror-file.ts';

/** What is particular to registries: how each is asked. */
export interface RegistryOptions {
  /** For a host and port. */
  of(host: string): RemoteOptions;
  /** The address of a host that an image reference names. */
  addressOf(host: string): string;
}

interface Shared {
  readonly credentials: CredentialSource;
  readonly onWait?: RemoteOptions['onWait'];
  /** Where uploads to a host are remembered, for a run that goes on with them. */
  readonly sessionsOf?: ((host: string) => UploadSessions | undefined) | undefined;
}

/** Reads the certificates that the mirror file names. Throws MIRROR_INVALID. */
export async function registryOptions(
  file: MirrorFile,
  { sessionsOf = () => undefined, ...shared }: Shared,
): Promise<RegistryOptions> {
  const known = new Map<string, RemoteOptions>();
  for (const { host, ...settings } of file.mirror.registries) {
    const { ca, clientCertificate, clientKey, proxy, requestsPerSecond, connections } = settings;
    known.set(plainly(host), {
      ...shared,
      useProxy: proxy === undefined,
      ...(proxy === undefined || proxy === 'none' ? {} : { proxy }),
      ...(ca === undefined ? {} : { ca: await readPem(file, ca) }),
      ...(clientCertificate === undefined || clientKey === undefined
        ? {}
        : {
            clientCertificate: {
              cert: await readPem(file, clientCertificate),
              key: await readPem(file, clientKey),
            },
          }),
      limits: { requestsPerSecond, connections },
    });
  }
  const plain = new Set(
    file.mirror.registries.filter(({ plainHttp }) => plainHttp).map(({ host }) => plainly(host)),
  );
  return {
    of: (host) => ({
      ...(known.get(plainly(host)) ?? { ...shared, useProxy: true }),
      sessions: sessionsOf(host),
    }),
    addressOf: (host) => (plain.has(plainly(host)) ? `http://${host}` : host),
  };
}

// As the addresses of registries have it: in lower case, and without the port that HTTPS has anyway.
function plainly(host: string): string {
  return URL.parse(`https://${host}`)?.host ?? host;
}

async function readPem(file: MirrorFile, path: string): Promise<string> {
  const resolved = file.resolve(path);
  const text = await readFile(resolved, 'utf8').catch((cause: unknown) => {
    throw mirrorError('MIRROR_INVALID', { subject: resolved, detail: messageOf(cause), cause });
  });
  if (text.includes('-----BEGIN ')) return text;
  throw mirrorError('MIRROR_INVALID', { subject: resolved, detail: 'nothing in PEM form' });
}
