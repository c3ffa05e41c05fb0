import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isAddress,
  type LocationDoors,
  type OpenedStore,
  openSourceAt,
  openTargetAt,
} from '../../bundle/location.ts';
import { messageOf } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { isThisMachine } from '../../content/remote/address.ts';
import type { RemoteOptions } from '../../content/remote/client.ts';
import { type CredentialSource, credentialFiles } from '../../content/remote/credentials.ts';
import { openRemote } from '../../content/remote/store.ts';
import { FileUploadSessions, type UploadSessions } from '../../content/remote/upload-sessions.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import { isServedStore, openServedStore } from '../../registry/store/open.ts';
import { installerError } from '../errors.ts';

/** Files with a login for a registry: never arguments, which everyone on the machine can see. */
export interface LoginFiles {
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** Variables that name further places of `docker login` and its like, looked at before those of `env`. */
  readonly places?: Readonly<Record<string, string>> | undefined;
}

/** openSourceAt, with the login of the files, or those that `docker login` has left. */
export async function openSource(
  location: string,
  env: NodeJS.ProcessEnv,
  { volumes, ...login }: LoginFiles & { readonly volumes?: readonly string[] | undefined } = {},
  onWait?: RemoteOptions['onWait'],
): Promise<OpenedStore<Store>> {
  return await openSourceAt(location, { ...doorsFor(login, env, onWait), volumes });
}

/** openTargetAt, with the login of the files, or those that `docker login` has left. */
export async function openTarget(
  location: string,
  login: LoginFiles,
  env: NodeJS.ProcessEnv,
  onWait?: RemoteOptions['onWait'],
): Promise<OpenedStore<WritableStore>> {
  return await openTargetAt(location, doorsFor(login, env, onWait));
}

/** Opens the folder of a registry that is not running; undefined where it is none. */
export async function openServed(folder: string): Promise<OpenedStore<WritableStore> | undefined> {
  if (!(await isServedStore(folder))) return undefined;
  const store = await openServedStore(folder);
  return { store, close: () => store.close() };
}

function doorsFor(login: LoginFiles, env: NodeJS.ProcessEnv, onWait: RemoteOptions['onWait']): LocationDoors {
  return {
    served: openServed,
    remote: async (address) => {
      const credentials = await credentialsOf(login, env);
      const sessions = sessionsFor(address, env);
      return openRemote(address, { credentials, useProxy: true, onWait, sessions });
    },
  };
}

/** Where uploads to a registry are remembered; undefined on this machine, to which a blob is sent again faster than in parts. */
export function sessionsFor(address: string, env: NodeJS.ProcessEnv): UploadSessions | undefined {
  const state = env.XDG_STATE_HOME || (env.HOME && join(env.HOME, '.local', 'state'));
  const url = URL.parse(address);
  return !state || url === null || isThisMachine(url)
    ? undefined
    : new FileUploadSessions(join(state, 'skerry', 'uploads'));
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
  if (usernameFile === undefined && passwordFile === undefined) return undefined;
  if (usernameFile === undefined || passwordFile === undefined) {
    const missing = usernameFile === undefined ? 'a username file' : 'a password file';
    throw installerError('USAGE', {
      subject: usernameFile ?? passwordFile ?? '',
      detail: `${missing} is missing beside it`,
      remedy: 'Give both files, or neither to log in as docker login left it.',
    });
  }
  const read = async (path: string) => {
    try {
      return (await readFile(path, 'utf8')).trim();
    } catch (cause) {
      throw contentError('CREDENTIALS_UNREADABLE', {
        subject: path,
        detail: messageOf(cause),
        remedy: 'Give a file that exists and that the user that runs this may read.',
        cause,
      });
    }
  };
  return { username: await read(usernameFile), password: await read(passwordFile) };
}

/** True for a file that would be a bundle. */
export function isBundleName(location: string): boolean {
  return !isAddress(location) && location.endsWith('.tar');
}
