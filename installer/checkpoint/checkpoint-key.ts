import type { KubeClient } from '../../apply/client/client.ts';
import { textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import { CHECKPOINT_KEY_SECRET, NAMESPACE } from '../names.ts';
import { marked } from '../record/mark.ts';
import { KEY_BYTES } from './seal.ts';

export interface CheckpointKeyInput {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  /** The installation's id. */
  readonly id: string;
  readonly random: (bytes: number) => Uint8Array;
  readonly signal: AbortSignal;
}

const SUBJECT = `Secret ${NAMESPACE}/${CHECKPOINT_KEY_SECRET}`;

/** The key that checkpoints are encrypted with; made where there is none, and never changed. Throws CHECKPOINT_UNREADABLE. */
export async function ensureCheckpointKey(input: CheckpointKeyInput): Promise<Uint8Array> {
  const { client, id, random, signal } = input;
  const found = await client.get(reference(), { signal });
  if (found !== undefined) return keyIn(found);
  const data = { key: Buffer.from(random(KEY_BYTES)).toString('base64') };
  const object = {
    ...reference(),
    metadata: { ...reference().metadata, labels: marked(id) },
    type: 'Opaque',
    // The checkpoints that were made with it can be read with no other.
    immutable: true,
    data,
  };
  try {
    return keyIn(await client.create(object, { signal }));
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
    return await readCheckpointKey(client, signal);
  }
}

/** Throws CHECKPOINT_UNREADABLE where there is none. */
export async function readCheckpointKey(
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const found = await client.get(reference(), { signal });
  if (found === undefined)
    throw installerError('CHECKPOINT_UNREADABLE', { subject: SUBJECT, detail: 'there is no such Secret' });
  return keyIn(found);
}

function keyIn(secret: KubeObject): Uint8Array {
  const key = Buffer.from(textAt(secret, 'data', 'key') ?? '', 'base64');
  if (key.byteLength === KEY_BYTES) return key;
  throw installerError('CHECKPOINT_UNREADABLE', { subject: SUBJECT, detail: 'it holds no key' });
}

function reference() {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: CHECKPOINT_KEY_SECRET, namespace: NAMESPACE },
  };
}
