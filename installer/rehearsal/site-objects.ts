import { readFile } from 'node:fs/promises';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { messageOf } from '../../content/error.ts';
import { installerError } from '../errors.ts';

/** The objects of a YAML file, such as a site would have made. Throws USAGE for a file that can't be read. */
export async function readObjects(path: string | undefined): Promise<KubeObject[]> {
  if (path === undefined) return [];
  try {
    return parseManifests(await readFile(path, 'utf8'), path);
  } catch (cause) {
    throw installerError('USAGE', { subject: path, detail: messageOf(cause), cause });
  }
}
