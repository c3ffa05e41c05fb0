import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type ImageMap, rewriteManifests } from './rewrite-images.ts';

export interface PostRenderInput {
  /** Rendered manifests, as helm writes them to a post-renderer. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Writable;
  readonly map: ImageMap;
}

/** What helm runs between rendering and applying: reads all manifests, writes them with other images. */
export async function postRender({ input, output, map }: PostRenderInput): Promise<void> {
  const text = Buffer.concat(await Array.fromAsync(input)).toString('utf8');
  if (!output.write(rewriteManifests(text, map))) await once(output, 'drain');
}
