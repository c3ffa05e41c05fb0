import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';

/** The Secret in which all hubs of a cluster keep what they must agree about for sessions. */
export interface SessionSecret {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Its texts by their names. */
export type Texts = ReadonlyMap<string, string>;

const MAX_TRIES = 5;
const Data = z.record(z.string(), z.string());

/**
 * Reads its texts and changes them; a change that gives back what it was given writes nothing. Of hubs that do so at
 * once the first to write wins, and the others begin again with what it wrote. Throws SESSION_SECRET_MISSING,
 * SESSION_SECRET_CONTESTED and the CLUSTER_ codes.
 */
export async function changeSessionSecret(
  secret: SessionSecret,
  change: (texts: Texts) => Texts,
): Promise<Texts> {
  const { client, namespace, name, signal } = secret;
  const subject = `Secret ${namespace}/${name}`;
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await client.get(reference, { signal });
    if (found === undefined) throw platformError('SESSION_SECRET_MISSING', { subject });
    const texts = textsOf(found);
    const wanted = change(texts);
    if (wanted === texts || (await write(secret, found, wanted))) return wanted;
  }
  throw platformError('SESSION_SECRET_CONTESTED', { subject });
}

async function write({ client, signal }: SessionSecret, found: KubeObject, texts: Texts): Promise<boolean> {
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
