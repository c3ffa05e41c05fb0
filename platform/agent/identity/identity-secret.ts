import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { csrOf, type Identity, makeIdentity, readIdentity, writeIdentity } from './identity.ts';

const IDENTITY_SECRET = 'skerry-agent-identity';

export interface IdentitySecretOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

const MAX_TRIES = 5;
const Data = z.record(z.string(), z.string());

/** The agent's identity, kept in a Secret of its own namespace. */
export class IdentitySecret {
  readonly #options: IdentitySecretOptions;
  readonly #listeners = new Set<() => void>();
  #current: Identity;

  private constructor(options: IdentitySecretOptions, current: Identity) {
    this.#options = options;
    this.#current = current;
  }

  /**
   * Reads the identity; makes one where there is none. Throws IDENTITY_UNREADABLE, IDENTITY_CONTESTED and the CLUSTER_
   * codes.
   */
  static async open(options: IdentitySecretOptions): Promise<IdentitySecret> {
    const { client, namespace, signal } = options;
    const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: IDENTITY_SECRET } };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const stored = await client.get(reference, { signal });
      if (stored !== undefined) return new IdentitySecret(options, read(stored, namespace));
      const identity = await makeIdentity();
      const object = { ...reference, type: 'Opaque', data: encode(identity) };
      if (await isDone(client.create(object, { signal }))) return new IdentitySecret(options, identity);
    }
    throw platformError('IDENTITY_CONTESTED', { subject: `Secret ${namespace}/${IDENTITY_SECRET}` });
  }

  get current(): Identity {
    return this.#current;
  }

  /** A certificate request (PEM) for its key. */
  async csr(): Promise<string> {
    return await csrOf(this.#current);
  }

  /** Called whenever the hub gave something. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Keeps what the hub gave. Throws IDENTITY_CONTESTED and the CLUSTER_ codes. */
  async keep(given: Partial<Pick<Identity, 'certificate' | 'enrolled'>>): Promise<void> {
    const { client, namespace, signal } = this.#options;
    const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: IDENTITY_SECRET } };
    const wanted = { ...this.#current, ...given };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const stored = await client.get(reference, { signal });
      const data = encode(wanted);
      const write =
        stored === undefined
          ? client.create({ ...reference, type: 'Opaque', data }, { signal })
          : client.replace({ ...stored, data }, { signal });
      if (!(await isDone(write))) continue;
      this.#current = wanted;
      for (const listener of this.#listeners) listener();
      return;
    }
    throw platformError('IDENTITY_CONTESTED', { subject: `Secret ${namespace}/${IDENTITY_SECRET}` });
  }
}

/** False when someone else was quicker. */
async function isDone(write: Promise<KubeObject>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return false;
    throw error;
  }
}

function read({ data }: KubeObject, namespace: string): Identity {
  const entries = Object.entries(Data.safeParse(data ?? {}).data ?? {});
  const texts = entries.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  const identity = readIdentity(Object.fromEntries(texts));
  if (identity !== undefined) return identity;
  throw platformError('IDENTITY_UNREADABLE', { subject: `Secret ${namespace}/${IDENTITY_SECRET}` });
}

function encode(identity: Identity): Record<string, string> {
  const entries = Object.entries(writeIdentity(identity));
  return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}
