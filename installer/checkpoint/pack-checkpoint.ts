import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { CHECKPOINT_REPOSITORY } from '../names.ts';
import type { CheckpointAddress } from '../record/installation.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { seal } from './seal.ts';

const CHECKPOINT_TYPE = 'application/vnd.skerry.checkpoint.v1';
const CHECKPOINT_CONFIG_TYPE = 'application/vnd.skerry.checkpoint.config.v1+json';
const PART_TYPE = 'application/vnd.skerry.checkpoint.part.v1+encrypted';

export interface PackedCheckpoint {
  readonly store: Store;
  readonly address: CheckpointAddress;
  /** What the registry keeps of it. */
  readonly bytes: number;
}

/**
 * Makes the artifact that a checkpoint is kept as: its head and its parts as encrypted layers, as the registry lets
 * everybody pull. The same checkpoint and key give the same bytes.
 */
export async function packCheckpoint(checkpoint: Checkpoint, key: Uint8Array): Promise<PackedCheckpoint> {
  const { id, head, parts } = checkpoint;
  const store = new MemoryStore('checkpoint');
  const sealed = seal(key, [Buffer.from(JSON.stringify(head)), ...parts]);
  const config = { format: 1, cipher: 'AES-256-GCM', salt: sealed.salt.toString('base64') };
  const put = (mediaType: string, bytes: Uint8Array): Descriptor =>
    store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
  const blobs = {
    config: put(CHECKPOINT_CONFIG_TYPE, Buffer.from(JSON.stringify(config))),
    layers: sealed.parts.map((part) => put(PART_TYPE, part)),
  };
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    artifactType: CHECKPOINT_TYPE,
    ...blobs,
  });
  await store.writeManifest(CHECKPOINT_REPOSITORY, id, manifest);
  const sizes = [blobs.config, ...blobs.layers].map(({ size }) => size);
  return {
    store,
    address: { repository: CHECKPOINT_REPOSITORY, tag: id, digest: manifest.digest },
    bytes: sizes.reduce((sum, size) => sum + size, manifest.bytes.byteLength),
  };
}
