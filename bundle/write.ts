import { type CopyOptions, type CopyResult, executeCopy } from '../content/copy.ts';
import type { CopyPlan } from '../content/copy-plan.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { isDigest } from '../content/digest.ts';
import { type LayoutIndex, withTag, withUntagged } from '../content/layout-index.ts';
import { descriptorOf, parseManifest } from '../content/manifest.ts';
import type { Store } from '../content/store.ts';
import { BundleWriter } from './bundle-writer.ts';
import type { TableEntry } from './table.ts';

export interface WriteOptions extends CopyOptions {
  /** Bytes that other files in the same folder will take: without room for them as well, nothing is begun. */
  readonly besides?: number | undefined;
}

/**
 * Writes a bundle of everything in the plan; goes on with one that was interrupted, and leaves one that is finished.
 * Throws DISK_FULL, OUTPUT_UNUSABLE.
 */
export async function writeBundle(
  path: string,
  index: LayoutIndex,
  plan: CopyPlan,
  from: Store,
  options: WriteOptions = {},
): Promise<CopyResult> {
  const writer = await BundleWriter.open(path, index, tableOf(plan), options.besides);
  try {
    const result = await executeCopy(plan, from, writer, options);
    await writer.finish();
    return result;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/**
 * What `index.json` names: every tag of the plan, and whatever refers to a subject.
 */
export function indexOfPlan(plan: CopyPlan): LayoutIndex {
  let index: LayoutIndex = [];
  for (const { repository, reference, manifest } of plan.manifests) {
    const { artifactType, subject } = parseManifest(manifest, `${repository}@${manifest.digest}`);
    const descriptor: Descriptor = descriptorOf(manifest, artifactType === undefined ? {} : { artifactType });
    if (!isDigest(reference)) index = withTag(index, repository, reference, descriptor);
    else if (subject !== undefined) index = withUntagged(index, descriptor);
  }
  return index;
}

// Manifests first: they are what is read most. Then blobs in the order in which a copy asks for them.
function tableOf(plan: CopyPlan): TableEntry[] {
  const manifests = plan.manifests.map(({ manifest }) => ({
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
  }));
  const blobs = plan.blobs.map(({ descriptor }) => ({ digest: descriptor.digest, size: descriptor.size }));
  const known = new Set<string>();
  return [...manifests, ...blobs.sort((a, b) => b.size - a.size)].filter(({ digest }) => {
    if (known.has(digest)) return false;
    known.add(digest);
    return true;
  });
}
