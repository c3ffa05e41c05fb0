import { readFile } from 'node:fs/promises';
import { dirname, normalize, resolve } from 'node:path';
import { BUNDLE_SUFFIX } from '../../bundle/bundle-name.ts';
import { parseYamlFile, tellMistakes } from '../../bundle/yaml-file.ts';
import { messageOf } from '../../content/error.ts';
import { mirrorError } from '../errors.ts';
import { type Mirror, MirrorSchema } from './mirror-schema.ts';

export interface MirrorFile {
  readonly mirror: Mirror;
  readonly path: string;
  /** Turns a path in the file into one that can be opened. */
  readonly resolve: (path: string) => string;
}

/** Reads a mirror file. Throws MIRROR_NOT_FOUND, MIRROR_INVALID with file, line and column. */
export async function readMirrorFile(path: string): Promise<MirrorFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw mirrorError('MIRROR_NOT_FOUND', { subject: path, detail: messageOf(cause), cause });
  });
  return { mirror: parseMirror(text, path), path, resolve: (relative) => resolve(dirname(path), relative) };
}

/** As readMirrorFile, from the text of a file called `file`. */
export function parseMirror(text: string, file: string): Mirror {
  const schema = MirrorSchema.superRefine(({ jobs, registries }, context) => {
    for (const [list, names] of [
      ['jobs', jobs.map(({ name }) => name)],
      ['registries', registries.map(({ host }) => host)],
    ] as const) {
      names.forEach((name, index) => {
        if (names.indexOf(name) === index) return;
        const path = [list, index, list === 'jobs' ? 'name' : 'host'];
        context.addIssue({ code: 'custom', path, message: `there are two of ${name}` });
      });
    }
    const targets = jobs.map(({ to }) => normalize(to));
    targets.forEach((to, index) => {
      if (!to.endsWith(BUNDLE_SUFFIX) || targets.indexOf(to) === index) return;
      const message = 'another job writes this bundle, and each writes it whole';
      context.addIssue({ code: 'custom', path: ['jobs', index, 'to'], message });
    });
  });
  return parseYamlFile(text, file, schema, (mistakes) =>
    mirrorError('MIRROR_INVALID', { subject: mistakes[0]?.where ?? file, detail: tellMistakes(mistakes) }),
  );
}
