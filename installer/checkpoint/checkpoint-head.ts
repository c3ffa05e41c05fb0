import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';

const Component = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  /** Helm's revision, and what it applied; absent where it was not installed. */
  revision: z.int().positive().optional(),
  digest: DigestSchema.optional(),
  crds: z.array(z.string()),
});

/** A kind of custom resources, as it was read. */
const Kind = z.strictObject({
  crd: z.string(),
  apiVersion: z.string(),
  kind: z.string(),
  /** `never`: its objects are not among what is kept. */
  rule: z.enum(['always', 'never']),
  /** Fields that are neither kept nor put back. */
  leaves: z.array(z.string()),
  objects: z.int().nonnegative(),
});

export const CheckpointHeadSchema = z.strictObject({
  format: z.literal(1),
  /** Of the installation that it is of. */
  installation: z.string(),
  release: z.strictObject({ name: z.string(), version: z.string(), digest: DigestSchema }),
  components: z.array(Component),
  kinds: z.array(Kind),
  /** The namespaces whose settings are kept. */
  namespaces: z.array(z.string()),
  settings: z.int().nonnegative(),
  /** Of everything, before it was compressed. */
  bytes: z.int().nonnegative(),
});

export type CheckpointHead = z.infer<typeof CheckpointHeadSchema>;

/** How the platform was before an upgrade. The same cluster makes the same checkpoint, byte for byte. */
export interface Checkpoint {
  /** The tag that it is kept under; no part of what it holds. */
  readonly id: string;
  readonly head: CheckpointHead;
  /** Everything else as compressed lines, see checkpoint-line.ts: an installation may have many thousands of objects. */
  readonly parts: readonly Uint8Array[];
}
