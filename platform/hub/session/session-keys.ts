import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { platformError } from '../../errors.ts';
import { keyIdOf, openText, type SealingKey, sealText } from '../../oidc/sealed.ts';
import type { Texts } from '../kept-secret.ts';
import { changeSessionSecret, type SessionSecret } from './session-secret.ts';

export interface SessionKeysOptions extends SessionSecret {
  /** The time of day. */
  readonly now: () => Date;
  /** A key seals for so long (milliseconds); then there is another one. */
  readonly rotateMs: number;
  /** After that, a key opens for so long. */
  readonly openMs: number;
}

interface StoredKey extends SealingKey {
  readonly made: Date;
}

const KEY_BYTES = 32;
/** Between two looks at the Secret for a key that another hub may have made. */
const LOOK_MS = 1_000;
const KEY_PREFIX = 'key-';
const Entry = z.tuple([z.iso.datetime(), z.base64().length(44)]);

/** The keys that sessions are sealed with, shared by all hubs in a Secret. */
export class SessionKeys {
  readonly #options: SessionKeysOptions;
  #keys: readonly StoredKey[];
  #lookedAt: number;

  private constructor(options: SessionKeysOptions, keys: readonly StoredKey[]) {
    this.#options = options;
    this.#keys = keys;
    this.#lookedAt = options.now().getTime();
  }

  /** Throws SESSION_SECRET_MISSING, SESSION_SECRET_CONTESTED and the CLUSTER_ codes. */
  static async open(options: SessionKeysOptions): Promise<SessionKeys> {
    return new SessionKeys(options, await keepKeys(options));
  }

  seal(value: unknown, purpose: string): string {
    const newest = this.#keys.at(-1);
    if (newest === undefined) throw platformError('SESSION_SECRET_MISSING', { subject: this.#options.name });
    return sealText(value, purpose, newest);
  }

  /** What was sealed by any hub, and whether with a key that still seals; undefined where it does not open. */
  async open(text: string, purpose: string): Promise<{ value: unknown; isFresh: boolean } | undefined> {
    const id = keyIdOf(text);
    if (id === undefined) return undefined;
    const key = this.#find(id) ?? (await this.#lookFor(id));
    const value = key === undefined ? undefined : openText(text, purpose, key);
    return value === undefined ? undefined : { value, isFresh: id === this.#keys.at(-1)?.id };
  }

  /** Makes the next key when it is time, and takes over what other hubs have made. Throws as open does. */
  async refresh(): Promise<void> {
    this.#lookedAt = this.#options.now().getTime();
    this.#keys = await keepKeys(this.#options);
  }

  #find(id: number): StoredKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }

  // Made-up numbers must not cost the API server a call each.
  async #lookFor(id: number): Promise<StoredKey | undefined> {
    if (Math.abs(this.#options.now().getTime() - this.#lookedAt) < LOOK_MS) return undefined;
    await this.refresh();
    return this.#find(id);
  }
}

async function keepKeys(options: SessionKeysOptions): Promise<readonly StoredKey[]> {
  const texts = await changeSessionSecret(options, (found) => {
    const stored = keysOf(found);
    const wanted = rotate(stored, options);
    return wanted === stored ? found : withKeys(found, wanted);
  });
  return keysOf(texts);
}

/** The keys that there should be: the same array where nothing needs to change. */
function rotate(stored: readonly StoredKey[], { now, rotateMs, openMs }: SessionKeysOptions) {
  const made = now();
  const age = (key: StoredKey) => made.getTime() - key.made.getTime();
  const newest = stored.at(-1);
  // A clock that was set back makes no key old.
  if (newest !== undefined && age(newest) < rotateMs) return stored;
  const kept = stored.filter((key) => age(key) < 2 * rotateMs + openMs);
  const id = ((newest?.id ?? 0) % 0xffff_ffff) + 1;
  return [...kept, { id, key: randomBytes(KEY_BYTES), made }];
}

function withKeys(texts: Texts, keys: readonly StoredKey[]): Texts {
  const others = [...texts].filter(([name]) => !name.startsWith(KEY_PREFIX));
  const entries = keys.map(({ id, key, made }): [string, string] => [
    `${KEY_PREFIX}${id}`,
    `${made.toISOString()} ${key.toString('base64')}`,
  ]);
  return new Map([...others, ...entries]);
}

// What is no key is left out, and goes with the next rotation: at worst people sign in again.
function keysOf(texts: Texts): readonly StoredKey[] {
  const keys = [...texts].flatMap(([name, text]) => {
    const id = Number(/^key-(\d{1,10})$/.exec(name)?.[1]);
    const entry = Entry.safeParse(text.split(' '));
    if (!Number.isInteger(id) || id > 0xffff_ffff || !entry.success) return [];
    const [made, key] = entry.data;
    return [{ id, key: Buffer.from(key, 'base64'), made: new Date(made) }];
  });
  return keys.sort((a, b) => a.made.getTime() - b.made.getTime());
}
