import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { FILE_KEY, secretReference } from './agent-secrets.ts';

type Client = Pick<KubeClient, 'get' | 'create' | 'replace'>;

const MAX_TRIES = 5;

/** The text in the Secret; undefined when there is none yet. */
export async function readFileSecret(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  name: string,
  options: CallOptions,
): Promise<string | undefined> {
  const found = await client.get(secretReference(namespace, name), options).catch((error: unknown) => {
    if (isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return undefined;
    throw error;
  });
  return found === undefined ? undefined : textIn(found);
}

export function textIn(object: KubeObject): string | undefined {
  const encoded = textAt(object, 'data', FILE_KEY);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Puts the text there in place of what was; nothing is written when it is the same. Throws FILE_SECRET_CONTESTED. */
export async function writeFileSecret(
  client: Client,
  { namespace, name, text }: { namespace: string; name: string; text: string },
  options: CallOptions,
): Promise<void> {
  const data = { [FILE_KEY]: Buffer.from(text).toString('base64') };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await client.get(secretReference(namespace, name), options);
    if (found !== undefined && textIn(found) === text) return;
    try {
      if (found === undefined)
        await client.create({ ...secretReference(namespace, name), type: 'Opaque', data }, options);
      else await client.replace({ ...found, data }, options);
      return;
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    }
  }
  throw platformError('FILE_SECRET_CONTESTED', { subject: `Secret ${namespace}/${name}` });
}
