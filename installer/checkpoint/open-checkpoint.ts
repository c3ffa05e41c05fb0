import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import { tryJson } from '../../content/json.ts';
import { parseManifest } from '../../content/manifest.ts';
import type { RetryPolicy } from '../../content/remote/retry.ts';
import type { Store } from '../../content/store.ts';
import { openClusterRegistry } from '../copy/cluster-registry.ts';
import { installerError } from '../errors.ts';
import type { CheckpointAddress } from '../record/installation.ts';
import { type Checkpoint, CheckpointHeadSchema } from './checkpoint-head.ts';
import { readCheckpointKey } from './checkpoint-key.ts';
import { unseal } from './seal.ts';

const Config = z.looseObject({ format: z.literal(1), cipher: z.literal('AES-256-GCM'), salt: z.base64() });

/**
 * Reads a checkpoint from the registry in the cluster, its digests compared. Throws CHECKPOINT_NOT_FOUND,
 * CHECKPOINT_UNREADABLE, and what reading from the registry throws.
 */
export async function openCheckpoint(
  client: Pick<KubeClient, 'get' | 'open' | 'server'>,
  address: CheckpointAddress,
  signal: AbortSignal,
  { retry }: { readonly retry?: RetryPolicy | undefined } = {},
): Promise<Checkpoint> {
  const key = await readCheckpointKey(client, signal);
  return await readCheckpoint(openClusterRegistry(client, { retry }), address, { key, signal });
}

/** The same from any store. */
export async function readCheckpoint(
  store: Store,
  { repository, tag, digest }: CheckpointAddress,
  { key, signal }: { readonly key: Uint8Array; readonly signal: AbortSignal },
): Promise<Checkpoint> {
  const subject = `${repository}:${tag}@${digest}`;
  const manifest = await store.readManifest(repository, digest, { signal });
  if (manifest === undefined) throw installerError('CHECKPOINT_NOT_FOUND', { subject, detail: store.name });
  const { config, blobs } = parseManifest(manifest, subject);
  const read: Buffer[] = [];
  for (const blob of blobs) read.push(await readSmallBlob(store, repository, blob, { signal }));
  const [first, ...sealed] = read;
  const parsed = Config.safeParse(tryJson(String(first ?? '')));
  if (config === undefined || !parsed.success)
    throw installerError('CHECKPOINT_UNREADABLE', { subject, detail: 'of a kind that is not known here' });
  const [head, ...parts] = unseal(key, { salt: Buffer.from(parsed.data.salt, 'base64'), parts: sealed });
  const fields = CheckpointHeadSchema.safeParse(tryJson(String(head ?? '')));
  if (!fields.success)
    throw installerError('CHECKPOINT_UNREADABLE', { subject, detail: z.prettifyError(fields.error) });
  return { id: tag, head: fields.data, parts };
}
