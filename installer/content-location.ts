import { readFile } from 'node:fs/promises';
import { openBundle } from '../bundle/bundle-store.ts';
import { fileSize } from '../content/blob-file.ts';
import { contentError } from '../content/errors.ts';
import { openLayout } from '../content/layout.ts';
import { type CredentialSource, credentialFiles } from '../content/remote/credentials.ts';
import { openRemote } from '../content/remote/store.ts';
import type { Store, WritableStore } from '../content/store.ts';
import { isServedStore, openServedStore } from '../registry/served/open.ts';

/** A store that was opened by its location, and how to let go of it. */
export interface OpenedStore<S extends Store> {
  readonly store: S;
  close(): Promise<void>;
}

/** Files with a login for a registry: never arguments, which everyone on the machine can see. */
export interface LoginFiles {
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** Variables that name further places of `docker login` and its like, looked at before those of `env`. */
  readonly places?: Readonly<Record<string, string>> | undefined;
}

/**
 * Opens what a user names: the address of a registry, a bundle, a layout folder, or the folder of a registry that is not
 * running. Throws STORE_NOT_FOUND, REGISTRY_STORE_IN_USE and what opening a bundle or a layout throws.
 */
export async function openSource(
  location: string,
  env: NodeJS.ProcessEnv,
  login: LoginFiles = {},
): Promise<OpenedStore<Store>> {
  if (isAddress(location)) return openAddress(location, login, env);
  if ((await fileSize(location)) !== undefined) {
    const store = await openBundle(location);
    return { store, close: () => store.close() };
  }
  return await openFolder(location, { create: false });
}

/** As openSource, for writing. A folder that is not there yet becomes a layout. Throws STORE_READ_ONLY. */
export async function openTarget(
  location: string,
  login: LoginFiles,
  env: NodeJS.ProcessEnv,
): Promise<OpenedStore<WritableStore>> {
  if (isAddress(location)) return openAddress(location, login, env);
  if ((await fileSize(location)) !== undefined) throw contentError('STORE_READ_ONLY', { subject: location });
  return await openFolder(location, { create: true });
}

async function openFolder(folder: string, options: { create: boolean }): Promise<OpenedStore<WritableStore>> {
  if (!(await isServedStore(folder)))
    return { store: await openLayout(folder, options), close: async () => {} };
  const store = await openServedStore(folder);
  return { store, close: () => store.close() };
}

async function openAddress(
  address: string,
  login: LoginFiles,
  env: NodeJS.ProcessEnv,
): Promise<OpenedStore<WritableStore>> {
  const credentials = await credentialsOf(login, env);
  const store = openRemote(address, { credentials, useProxy: true });
  return { store, close: () => store.close() };
}

async function credentialsOf(login: LoginFiles, env: NodeJS.ProcessEnv): Promise<CredentialSource> {
  const given = await givenCredentials(login);
  if (given !== undefined) return async () => given;
  const own = credentialFiles(env);
  if (login.places === undefined) return own;
  const first = credentialFiles({ ...login.places });
  return async (host) => (await first(host)) ?? (await own(host));
}

async function givenCredentials({ usernameFile, passwordFile }: LoginFiles) {
  if (usernameFile === undefined || passwordFile === undefined) return undefined;
  const read = async (path: string) => (await readFile(path, 'utf8')).trim();
  return { username: await read(usernameFile), password: await read(passwordFile) };
}

/** True for what names a registry, rather than a file or a folder. */
export function isAddress(location: string): boolean {
  return /^https?:\/\//.test(location);
}
