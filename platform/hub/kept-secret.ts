import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { platformError } from '../errors.ts';

/** A Secret in which all hubs of a cluster keep what they must agree about. */
export interface KeptSecret {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Its texts by their names. */
export type Texts = ReadonlyMap<string, string>;

type Code = Parameters<typeof platformError>[0];

/** What is said where it does not exist, and where others write it all the time. */
export interface SecretTroubles {
  readonly missing: Code;
  readonly contested: Code;
}

const MAX_TRIES = 5;
const Data = z.record(z.string(), z.string());

/**
 * Reads its texts and changes them; a change that gives back the texts that it was given writes nothing. Of hubs that do so
 * at once the first to write wins, and the others begin again with what it wrote. Throws the codes of `troubles` and the
 * CLUSTER_ codes.
 */
export async function changeKeptSecret<T>(
  secret: KeptSecret,
  troubles: SecretTroubles,
  change: (texts: Texts) => Promise<{ readonly texts: Texts; readonly value: T }>,
): Promise<T> {
  const { client, namespace, name, signal } = secret;
  const subject = subjectOf(secret);
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await client.get(reference, { signal });
    if (found === undefined) throw platformError(troubles.missing, { subject });
    const before = textsOf(found);
    const { texts, value } = await change(before);
    if (texts === before || (await write(secret, found, texts))) return value;
  }
  throw platformError(troubles.contested, { subject });
}

export function subjectOf({ namespace, name }: Pick<KeptSecret, 'namespace' | 'name'>): string {
  return `Secret ${namespace}/${name}`;
}

// The object that was read carries its resourceVersion, so the API server refuses to overwrite a newer one.
async function write({ client, signal }: KeptSecret, found: KubeObject, texts: Texts): Promise<boolean> {
  const data = Object.fromEntries(
    [...texts].map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  try {
    await client.replace({ ...found, data }, { signal });
    return true;
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return false;
    throw error;
  }
}

function textsOf({ data }: KubeObject): Texts {
  const entries = Object.entries(Data.safeParse(data ?? {}).data ?? {});
  return new Map(entries.map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]));
}
