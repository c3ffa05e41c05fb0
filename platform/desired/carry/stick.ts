import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DigestSchema } from '../../../content/descriptor.ts';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../../content/reference.ts';
import { platformError } from '../../errors.ts';

export const STICK_FILE = 'fleet.json';
export const CONTENT_FOLDER = 'content';
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

const Label = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);

/** Something that has to be in the site's registry. */
export const CarriedItem = z.object({
  /** Name of the registry in the envelope. */
  registry: z.string().max(63),
  repository: z.string().max(255).regex(NAME_GRAMMAR),
  tag: z.string().regex(TAG_GRAMMAR).optional(),
  digest: DigestSchema,
});
export type CarriedItem = z.infer<typeof CarriedItem>;

const StickCluster = z.object({
  project: Label,
  cluster: Label,
  /** Of the envelope; 0 when there is none yet. */
  number: z.int().min(0),
  /** All that the envelope needs, not only what is on the stick. */
  items: z.array(CarriedItem).max(10_000),
  /** Children of indexes that the hub's registry does not have either. */
  absent: z.array(DigestSchema).max(10_000),
});
export type StickCluster = z.infer<typeof StickCluster>;

/** The table of contents of a stick. Written last: a stick without it is not finished. */
export const StickIndex = z.object({
  version: z.literal(1),
  at: z.string().max(40),
  hub: z.string().max(500),
  clusters: z.array(StickCluster).max(10_000),
});
export type StickIndex = z.infer<typeof StickIndex>;

/** Where the messages for a cluster are, within the stick. */
export function clusterFile({ project, cluster }: Pick<StickCluster, 'project' | 'cluster'>): string {
  return join('clusters', `${project}.${cluster}.json`);
}

/** Throws STICK_INVALID. */
export async function readStick(folder: string): Promise<StickIndex> {
  const text = await readStickFile(folder, STICK_FILE, MAX_INDEX_BYTES);
  const read = StickIndex.safeParse(tryJson(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(folder, `${STICK_FILE}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** Throws STICK_INVALID. */
export async function readStickFile(folder: string, name: string, limit: number): Promise<string> {
  const bytes = await readFile(join(folder, name)).catch((cause: unknown) => {
    throw invalid(folder, messageOf(cause));
  });
  if (bytes.byteLength > limit) throw invalid(folder, `${name} is larger than ${limit} bytes`);
  return bytes.toString('utf8');
}

function invalid(folder: string, detail: string) {
  return platformError('STICK_INVALID', { subject: folder, detail });
}
