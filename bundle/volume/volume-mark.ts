import { z } from 'zod';
import { DigestSchema } from '../../content/descriptor.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';

/** The file at the front of a volume that says which one of which set it is. */
export const VOLUME_FILE = 'volume.json';
/** It has as many bytes in each volume of every set, so that where things lie does not depend on its numbers. */
export const VOLUME_FILE_BYTES = 256;
/** More volumes than these are a mistake in the size. */
export const MAX_VOLUMES = 9999;

/** How a bundle is cut. */
export interface VolumeCut {
  /** Each volume is smaller, in bytes: a file system that is said to take 4 GiB takes one byte less. */
  readonly volumeSize: number;
  /** So many of the first blobs of the table are in each volume: what it takes to say what the others are. */
  readonly everywhere: number;
}

export interface VolumeMark extends VolumeCut {
  /** The same in all volumes of one bundle, and in no other. */
  readonly set: Digest;
  /** From 1 on. */
  readonly number: number;
  readonly total: number;
}

const MarkJson = z.strictObject({
  version: z.literal(1),
  set: DigestSchema,
  number: z.int().min(1).max(MAX_VOLUMES),
  total: z.int().min(1).max(MAX_VOLUMES),
  volumeSize: z.int().min(1),
  everywhere: z.int().min(0),
});

/** What a set is called: it follows from what is in it and how it is cut, so the same content gives the same set. */
export function setOf(indexJson: string, table: string, { volumeSize, everywhere }: VolumeCut): Digest {
  return digestOf(
    JSON.stringify({
      version: 1,
      index: digestOf(indexJson),
      table: digestOf(table),
      volumeSize,
      everywhere,
    }),
  );
}

export function formatMark({ set, number, total, volumeSize, everywhere }: VolumeMark): string {
  const text = JSON.stringify({ version: 1, set, number, total, volumeSize, everywhere });
  return `${text.padEnd(VOLUME_FILE_BYTES - 1)}\n`;
}

/** Undefined when the text is none. */
export function parseMark(text: string): VolumeMark | undefined {
  const mark = MarkJson.safeParse(tryJson(text));
  return mark.success && mark.data.number <= mark.data.total ? mark.data : undefined;
}
