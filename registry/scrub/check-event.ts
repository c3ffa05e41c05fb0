import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import { AffectedImageSchema } from '../store/manifests/affected-images.ts';

const count = z.int().nonnegative();
const FileSumSchema = z.object({ files: count, bytes: count });

/** Content that is not as it should be, and what depends on it. */
export const DamageSchema = z.object({
  /**
   * `rotten`: its bytes are not those of its digest. `unreadable`: the disk fails. `missing`: it was here once.
   * `incomplete`: an image names it, and it was never pushed.
   */
  problem: z.enum(['rotten', 'unreadable', 'missing', 'incomplete']),
  kind: z.enum(['blob', 'manifest']),
  digest: DigestSchema,
  detail: z.string().optional(),
  /** Images that can't be pulled whole without it. */
  hurts: z.array(AffectedImageSchema),
  /** It hurts more than these. */
  more: z.boolean(),
});
export type Damage = z.infer<typeof DamageSchema>;

const TriedSchema = z.object({ source: z.string(), detail: z.string() });

/** What a check of a store says while it runs. Bytes and files are what was read. */
export const CheckEventSchema = z.discriminatedUnion('type', [
  /** `since`: the files that were read since then are not read again. */
  z.object({ type: z.literal('begun'), files: count, bytes: count, since: z.int(), resumed: z.boolean() }),
  z.object({ type: z.literal('progress'), files: count, bytes: count, doing: z.string() }),
  z.object({ type: z.literal('damage'), damage: DamageSchema }),
  z.object({ type: z.literal('repaired'), digest: DigestSchema, from: z.string() }),
  z.object({ type: z.literal('unrepaired'), digest: DigestSchema, tried: z.array(TriedSchema) }),
  z.object({
    type: z.literal('records'),
    /** What the log and the index say of each other. */
    records: z.enum(['equal', 'mended', 'different']),
    detail: z.string().optional(),
  }),
  z.object({
    type: z.literal('done'),
    checked: FileSumSchema,
    orphans: FileSumSchema,
    quarantine: FileSumSchema,
    /** Contents that repositories should have and have not, after all repairs. */
    missing: count,
    /** Contents that images name and that never came, after all repairs. */
    incomplete: count,
  }),
]);
export type CheckEvent = z.infer<typeof CheckEventSchema>;
