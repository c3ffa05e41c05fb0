import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { DigestSchema } from '../../../content/descriptor.ts';
import { tryJson } from '../../../content/json.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../../content/reference.ts';

/**
 * One thing that became true of a store. The blobs themselves say what they are; these say which repository holds
 * them, and under which tags. `at` is milliseconds since 1970.
 */
export type Change = z.infer<typeof ChangeSchema>;

/** Changes that become true together or not at all: one line of the log. */
export type Transaction = readonly Change[];

const repository = z.string().regex(NAME_GRAMMAR).max(255);
const tag = z.string().regex(TAG_GRAMMAR);
const at = z.int().nonnegative();

const ChangeSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('blob'), repository, digest: DigestSchema, size: z.int().nonnegative(), at }),
  z.object({
    op: z.literal('manifest'),
    repository,
    digest: DigestSchema,
    mediaType: z.string().max(255),
    at,
    /** When it lost a tag or was released by a deletion; only in a rewritten log. */
    released: at.optional(),
    /** The tag that it lost last; likewise. */
    lastTag: tag.optional(),
  }),
  z.object({ op: z.literal('tag'), repository, tag, digest: DigestSchema, at }),
  z.object({ op: z.literal('drop-tag'), repository, tag, at }),
  z.object({
    op: z.literal('drop-manifest'),
    repository,
    digest: DigestSchema,
    at,
    /** It was not deleted by name: what it referred to is unaffected. */
    collected: z.literal(true).optional(),
  }),
  z.object({ op: z.literal('drop-blob'), repository, digest: DigestSchema, at }),
]);

const TransactionSchema = z.array(ChangeSchema);

/** A line of the log: CRC-32 of the JSON in eight hex digits, a space, the JSON, a line feed. */
export function formatLine(json: object): string {
  const text = JSON.stringify(json);
  return `${checksum(text)} ${text}\n`;
}

/** The JSON of a line without its line feed; undefined when its checksum is not right. */
export function parseLine(line: string): unknown {
  const text = line.slice(9);
  return line[8] === ' ' && line.slice(0, 8) === checksum(text) ? tryJson(text) : undefined;
}

/** Undefined when the line is damaged or holds something else. */
export function parseTransaction(line: string): Transaction | undefined {
  return TransactionSchema.safeParse(parseLine(line)).data;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
