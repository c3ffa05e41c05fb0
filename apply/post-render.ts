import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { messageOf } from '../content/error.ts';
import { applyError } from './errors.ts';
import { parseImageMap } from './image-map.ts';
import { type ImageMap, rewriteManifests } from './rewrite-images.ts';

/** The environment variable that names the file for what went wrong. */
export const POST_RENDER_ERRORS = 'SKERRY_POST_RENDER_ERRORS';

export interface PostRenderInput {
  /** Rendered manifests, as helm writes them to a post-renderer. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Writable;
  /** Path of a JSON file, see parseImageMap. */
  readonly mapFile: string;
  /** Helm keeps back what a post-renderer says on stderr, so it is said in this file; the value of POST_RENDER_ERRORS. */
  readonly errorFile?: string | undefined;
}

/**
 * What helm runs between rendering and applying: reads all manifests, writes them with other images.
 * Throws IMAGE_MAP_INVALID, MANIFESTS_UNREADABLE.
 */
export async function postRender({ input, output, mapFile, errorFile }: PostRenderInput): Promise<void> {
  try {
    const map = await readMap(mapFile);
    const text = Buffer.concat(await Array.fromAsync(input)).toString('utf8');
    if (!output.write(rewriteManifests(text, map))) await once(output, 'drain');
  } catch (error) {
    if (errorFile !== undefined) await writeFile(errorFile, messageOf(error));
    throw error;
  }
}

async function readMap(path: string): Promise<ImageMap> {
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (cause) {
    throw applyError('IMAGE_MAP_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
  return parseImageMap(json, path);
}
