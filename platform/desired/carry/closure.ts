import type { CopyItem } from '../../../content/copy/copy-plan.ts';
import { isDigest } from '../../../content/digest.ts';
import { mapLimited } from '../../../content/limit.ts';
import { tagOf } from '../../../content/pack-format.ts';
import { parseReference, repositoryOf } from '../../../content/reference.ts';
import type { Store } from '../../../content/store.ts';
import { platformError } from '../../errors.ts';
import type { EnvelopeLayer } from '../envelope.ts';
import { readPack } from '../pack.ts';
import type { CarriedItem } from './stick.ts';

const WIDTH = 4;

/** The registry that a name of an envelope stands for, opened. */
export type StoreOf = (registry: string) => Store;

/**
 * All that layers need: their packs, and the images that those name, which stand in the same registry. Throws
 * PACK_NOT_FOUND, PACK_UNREADABLE, DIGEST_MISMATCH.
 */
export async function closureOf(
  layers: readonly Pick<EnvelopeLayer, 'pack'>[],
  storeOf: StoreOf,
  signal: AbortSignal,
): Promise<CarriedItem[]> {
  const lists = await mapLimited(layers, WIDTH, async ({ pack }) => {
    const { registry, repository, version, digest } = pack;
    const store = storeOf(registry);
    const subject = `${repository}@${digest}`;
    const manifest = await store.readManifest(repository, digest, { signal });
    if (manifest === undefined) throw platformError('PACK_NOT_FOUND', { subject, detail: store.name });
    const { config } = await readPack(store, repository, manifest, subject, signal);
    const images = config.images.map(({ reference, digest: image }): CarriedItem => {
      const parsed = parseReference(reference);
      return { registry, repository: repositoryOf(parsed), tag: parsed.tag, digest: image };
    });
    return [{ registry, repository, tag: tagOf(version), digest }, ...images];
  });
  return unique(lists.flat());
}

function unique(items: readonly CarriedItem[]): CarriedItem[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/**
 * What to copy for items. A tag keeps garbage collection off; where two items of a repository have the same one, the
 * later gets a tag of its own.
 */
export function copyItems(items: readonly CarriedItem[]): CopyItem[] {
  const taken = new Map<string, string>();
  return items.flatMap(({ repository, tag, digest }): CopyItem[] => {
    const hex = digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 13);
    const wanted = tag ?? `carried-${hex}`;
    const holder = taken.get(`${repository}:${wanted}`);
    if (holder === digest) return [];
    const reference = holder === undefined ? wanted : `${wanted.slice(0, 100)}-${hex}`;
    taken.set(`${repository}:${reference}`, digest);
    return isDigest(reference) ? [] : [{ repository, reference, digest }];
  });
}
