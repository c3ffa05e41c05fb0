import { z } from 'zod';
import { type Descriptor, DescriptorListSchema } from './descriptor.ts';
import { contentError } from './errors.ts';
import { tryJson } from './json.ts';
import { TAG_GRAMMAR } from './reference.ts';

/** The name of an image inside a layout (image-spec, annotations.md). We write `repository:tag` in full. */
const REF_NAME = 'org.opencontainers.image.ref.name';

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

/** The index with `descriptor` under `repository:tag`, in place of what had that name. */
export function withTag(
  index: LayoutIndex,
  repository: string,
  tag: string,
  descriptor: Descriptor,
): LayoutIndex {
  const name = `${repository}:${tag}`;
  const named: Descriptor = { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: name } };
  return sorted([...index.filter((entry) => refName(entry) !== name), named]);
}

/** The index with a manifest that has no tag but must be found, such as one that refers to a subject. */
export function withUntagged(index: LayoutIndex, descriptor: Descriptor): LayoutIndex {
  if (index.some((entry) => entry.digest === descriptor.digest)) return index;
  return sorted([...index, descriptor]);
}

/** Every repository and tag that an index names. */
export function namesIn(index: LayoutIndex): { repository: string; tag: string }[] {
  return index.flatMap((entry) => {
    const name = refName(entry) ?? '';
    const colon = name.lastIndexOf(':');
    const tag = name.slice(colon + 1);
    return colon > 0 && TAG_GRAMMAR.test(tag) ? [{ repository: name.slice(0, colon), tag }] : [];
  });
}

function refName(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

// By name, then by digest: the order must not depend on the order of arrival.
function sorted(index: Descriptor[]): LayoutIndex {
  const key = (entry: Descriptor) => `${refName(entry) ?? '~'} ${entry.digest}`;
  return index.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
