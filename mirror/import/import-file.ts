import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { mirrorError } from '../errors.ts';
import { parseMirror } from '../file/mirror-file.ts';
import { ForeignFields } from './foreign-fields.ts';
import { importImageSet } from './import-imageset.ts';
import { importRegsync } from './import-regsync.ts';
import type { Imported, Unmapped } from './import-result.ts';

export interface ImportChoice {
  /** The name of the mirror. */
  readonly name: string;
  /** Where images go, where the other file does not say it. */
  readonly to: string;
}

const Kind = z.looseObject({ kind: z.string().optional(), sync: z.unknown().optional() });

/** Makes a mirror file of a configuration of regsync or oc-mirror. Throws MIRROR_IMPORT_INVALID. */
export function importConfiguration(text: string, subject: string, choice: ImportChoice): Imported {
  const content = read(text, subject);
  const unmapped: Unmapped[] = [];
  const fields = new ForeignFields('', content, unmapped);
  const kind = Kind.safeParse(content).data;
  const mirror =
    kind?.kind === 'ImageSetConfiguration'
      ? importImageSet(fields, choice.name, choice.to)
      : kind?.sync !== undefined
        ? importRegsync(fields, choice.name)
        : undefined;
  if (mirror === undefined) throw mirrorError('MIRROR_IMPORT_INVALID', { subject });
  const jobs = mirror.jobs.filter(
    ({ from, images = [], charts = [] }) => from !== undefined || images.length + charts.length > 0,
  );
  if (jobs.length === 0) {
    const detail = [
      'nothing of it could be mapped',
      ...unmapped.map(({ where, why }) => `${where}: ${why}`),
    ].join('; ');
    throw mirrorError('MIRROR_IMPORT_INVALID', { subject, detail });
  }
  const imported = { mirror: { ...mirror, jobs }, unmapped };
  // What was made must be what the program takes.
  parseMirror(formatMirror(imported), subject);
  return imported;
}

/** The mirror file, with what could not be mapped as comments at its front. */
export function formatMirror({ mirror, unmapped }: Imported): string {
  const notes = unmapped.map(({ where, why }) => `# not mapped: ${where}: ${why.replaceAll('\n', ' ')}\n`);
  return `${notes.join('')}${stringify(mirror, { lineWidth: 110, aliasDuplicateObjects: false })}`;
}

function read(text: string, subject: string): unknown {
  try {
    return parse(text, { merge: true, maxAliasCount: 100 });
  } catch (cause) {
    throw mirrorError('MIRROR_IMPORT_INVALID', { subject, detail: messageOf(cause), cause });
  }
}
