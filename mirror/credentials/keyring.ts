import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import { mirrorError } from '../errors.ts';

/** Logins in the keyring of the system, each an entry of the service skerry under the name of its host. */
export interface Keyring {
  get(host: string): Promise<Credentials | undefined>;
  set(host: string, login: Credentials): Promise<void>;
  remove(host: string): Promise<boolean>;
}

const SERVICE = 'skerry';
const Login = z.object({ username: z.string(), password: z.string() });

interface Entry {
  getPassword(): Promise<string | null | undefined>;
  setPassword(password: string): Promise<void>;
  deletePassword(): Promise<unknown>;
}
export type OpenEntry = (service: string, name: string) => Entry;

/** Opens the keyring. The native part is loaded only now: most machines never need it. Throws MIRROR_KEYRING_UNAVAILABLE. */
export async function openKeyring(load: () => Promise<OpenEntry> = loadNative): Promise<Keyring> {
  const entry = await load().catch((cause: unknown) => {
    throw unavailable(cause);
  });
  const use = async <T>(host: string, work: (entry: Entry) => Promise<T>): Promise<T> => {
    try {
      return await work(entry(SERVICE, host));
    } catch (cause) {
      throw unavailable(cause);
    }
  };
  return {
    get: async (host) => {
      const text = await use(host, (found) => found.getPassword());
      return Login.safeParse(tryJson(text ?? '')).data;
    },
    set: (host, login) => use(host, (found) => found.setPassword(JSON.stringify(login))),
    remove: (host) =>
      use(host, async (found) => {
        if (!(await found.getPassword())) return false;
        await found.deletePassword();
        return true;
      }),
  };
}

async function loadNative(): Promise<OpenEntry> {
  const { AsyncEntry } = await import('@napi-rs/keyring');
  return (service, name) => new AsyncEntry(service, name);
}

function unavailable(cause: unknown) {
  return mirrorError('MIRROR_KEYRING_UNAVAILABLE', { subject: 'keyring', detail: messageOf(cause), cause });
}
