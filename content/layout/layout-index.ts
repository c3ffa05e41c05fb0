import { z } from 'zod';
import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { NAME_GRAMMAR, repositoryOf, TAG_GRAMMAR, tryParseReference } from '../reference.ts';

/** The name of an image inside a layout (image-spec, annotations.md). We write `repository:tag` in full. */
const REF_NAME = 'org.opencontainers.image.ref.name';
/** The full name, where containerd, BuildKit and docker save write it; they have the tag alone in the other one. */
const IMAGE_NAME = 'io.containerd.image.name';

/** An `index.json` as plain values: what a layout names, in a stable order. */
export type LayoutIndex = readonly Descriptor[];

/** No `index.json` larger than this is read; it would name some hundred thousand images. */
export const MAX_INDEX_BYTES = 32 * 1024 * 1024;

export const OCI_LAYOUT_FILE = '{"imageLayoutVersion":"1.0.0"}';

const IndexJson = z.object({ schemaVersion: z.literal(2), manifests: DescriptorListSchema });
const LayoutJson = z.object({ imageLayoutVersion: z.string().startsWith('1.') });

/** Throws LAYOUT_INVALID unless `text` is an `oci-layout` file of version 1. */
export function checkLayoutFile(text: string, subject: string): void {
  if (!LayoutJson.safeParse(tryJson(text)).success) {
    throw contentError('LAYOUT_INVALID', { subject, detail: 'oci-layout is not version 1' });
  }
}

/** Throws LAYOUT_INVALID. */
export function parseIndex(text: string, subject: string): LayoutIndex {
  const result = IndexJson.safeParse(tryJson(text));
  if (!result.success) {
    throw contentError('LAYOUT_INVALID', { subject, detail: `index.json: ${z.prettifyError(result.error)}` });
  }
  return result.data.manifests;
}

export function formatIndex(index: LayoutIndex): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: index,
  });
}

/** The entry for `descriptor` under `repository:tag`. */
export function namedEntry(repository: string, tag: string, descriptor: Descriptor): Descriptor {
  return {
    ...descriptor,
    annotations: { ...descriptor.annotations, [REF_NAME]: `${repository}:${tag}` },
  };
}

/** The entry without the name that containerd and docker give it; it keeps its other one. */
export function withoutImageName(entry: Descriptor): Descriptor {
  const { [IMAGE_NAME]: _, ...annotations } = entry.annotations ?? {};
  return { ...entry, annotations };
}

/**
 * Every repository and tag that an index names. A name that could not be one of a repository, as it has a port, is
 * written as `repositoryOf` does.
 */
export function namesIn(index: LayoutIndex): { repository: string; tag: string }[] {
  return index.flatMap((entry) => {
    const [full, own] = [fullName(entry.annotations?.[IMAGE_NAME]), ownName(refName(entry))];
    const same = full?.repository === own?.repository && full?.tag === own?.tag;
    return [full, same ? undefined : own].filter((name) => name !== undefined);
  });
}

/** The tag of an entry that has no more of a name than that, as skopeo and oras write it into a layout of one image. */
export function bareTag(entry: Descriptor): string | undefined {
  const tag = refName(entry);
  return tag !== undefined && TAG_GRAMMAR.test(tag) && namesIn([entry]).length === 0 ? tag : undefined;
}

function fullName(text: string | undefined) {
  const reference = text === undefined ? undefined : tryParseReference(text);
  if (reference?.tag === undefined) return undefined;
  return { repository: repositoryOf(reference), tag: reference.tag };
}

// What is a repository's name as it stands is kept: a layout may hold what came from one registry, without its host.
function ownName(text = '') {
  const colon = text.lastIndexOf(':');
  const [repository, tag] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon <= 0 || !TAG_GRAMMAR.test(tag)) return undefined;
  return NAME_GRAMMAR.test(repository) ? { repository, tag } : fullName(text);
}

/** What an entry has as its name in the words of the specification. */
export function refName(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

/** By name, then by digest: the order must not depend on the order of arrival. */
export function sortedIndex(entries: Iterable<Descriptor>): LayoutIndex {
  const keyed = [...entries].map((entry) => ({ entry, key: `${refName(entry) ?? '~'} ${entry.digest}` }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ entry }) => entry);
}
