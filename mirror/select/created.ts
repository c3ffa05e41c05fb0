import { z } from 'zod';
import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import type { Digest } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';
import { parseManifest } from '../../content/manifest.ts';
import { isManifestType } from '../../content/media-type.ts';
import type { CallOptions, Store } from '../../content/store.ts';

const CREATED = 'org.opencontainers.image.created';
const Config = z.looseObject({ created: z.string().optional() });
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/**
 * When an image was made, in milliseconds since 1970, as its annotations say (image-spec, annotations.md) or its
 * configuration (config.md, `created`); of an index, its first image counts. Undefined when nothing says it.
 */
export async function createdAt(
  store: Store,
  repository: string,
  reference: string,
  options: CallOptions,
  depth = 0,
): Promise<number | undefined> {
  const manifest = await store.readManifest(repository, reference, options);
  if (manifest === undefined) return undefined;
  const content = parseManifest(manifest, `${repository}:${reference}`);
  const annotated = dateOf(content.annotations?.[CREATED]);
  if (annotated !== undefined) return annotated;
  const [first] = content.manifests.filter(({ mediaType }) => isManifestType(mediaType));
  if (first !== undefined && depth < 2)
    return await createdAt(store, repository, first.digest, options, depth + 1);
  if (content.config === undefined || content.config.size > MAX_CONFIG_BYTES) return undefined;
  return await fromConfig(store, repository, content.config, options);
}

async function fromConfig(
  store: Store,
  repository: string,
  config: { readonly digest: Digest; readonly size: number; readonly mediaType: string },
  options: CallOptions,
): Promise<number | undefined> {
  const bytes = await readSmallBlob(store, repository, config, options);
  return dateOf(Config.safeParse(tryJson(bytes.toString())).data?.created);
}

function dateOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
