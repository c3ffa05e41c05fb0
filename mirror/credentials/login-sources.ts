import { type CredentialSource, credentialFiles } from '../../content/remote/credentials.ts';
import type { MirrorFile } from '../file/mirror-file.ts';
import { type Keyring, openKeyring } from './keyring.ts';
import { readLogins, readPassphrase } from './logins-file.ts';

/**
 * Where a mirror's logins come from: the encrypted file, the keyring, the files of docker login with their helpers; the
 * first that has one for the host counts. Throws MIRROR_CREDENTIALS_INVALID, MIRROR_PASSPHRASE_MISSING,
 * MIRROR_KEYRING_UNAVAILABLE.
 */
export async function loginSources(
  file: MirrorFile,
  env: NodeJS.ProcessEnv,
  keyringOf: () => Promise<Keyring> = openKeyring,
): Promise<CredentialSource> {
  const { logins } = file.mirror;
  const sources: CredentialSource[] = [];
  if (logins.file !== undefined) {
    const path = file.resolve(logins.file);
    const passphraseFile = logins.passphraseFile && file.resolve(logins.passphraseFile);
    const opened = new Map(
      Object.entries(await readLogins(path, await readPassphrase(passphraseFile, env, path))),
    );
    sources.push(async (host) => opened.get(keptAs(host)));
  }
  if (logins.keyring) {
    const keyring = await keyringOf();
    sources.push((host) => keyring.get(keptAs(host)));
  }
  if (logins.dockerConfig) sources.push(credentialFiles(env));
  return async (host) => {
    for (const source of sources) {
      const found = await source(host);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The name under which a host's login is kept, in lower case; Docker Hub's API has another one than its images. */
export function keptAs(host: string): string {
  const name = host.toLowerCase();
  return name === 'registry-1.docker.io' || name === 'index.docker.io' ? 'docker.io' : name;
}
