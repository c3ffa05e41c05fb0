import { type CopyOptions, type CopyResult, executeCopy } from '../../content/copy/copy.ts';
import type { CopyPlan } from '../../content/copy/copy-plan.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { isDigest } from '../../content/digest.ts';
import type { LayoutIndex } from '../../content/layout/layout-index.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { descriptorOf, parseManifest } from '../../content/manifest.ts';
import type { Store } from '../../content/store.ts';
import { BundleWriter, type OpenOptions, type WrittenFile } from './bundle-writer.ts';
import type { TableEntry } from './table.ts';

export interface WriteOptions
  extends CopyOptions,
    Pick<OpenOptions, 'besides' | 'keepsOthers' | 'onChecked' | 'threads'> {
  /** Called once there is room for everything and writing begins. */
  readonly onBegin?: (() => void) | undefined;
}

export interface WriteResult extends CopyResult {
  readonly file: WrittenFile;
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
): Promise<WriteResult> {
  const writer = await BundleWriter.open(path, index, tableOf(plan), options);
  try {
    options.onBegin?.();
    const result = await executeCopy(plan, from, writer, options);
    return { ...result, file: await writer.finish() };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/**
 * What `index.json` names: every tag of the plan, and whatever refers to a subject.
 */
export function indexOfPlan(plan: CopyPlan): LayoutIndex {
  const names = new LayoutNames([]);
  for (const { repository, reference, manifest } of plan.manifests) {
    const { artifactType, subject } = parseManifest(manifest, `${repository}@${manifest.digest}`);
    const descriptor: Descriptor = descriptorOf(manifest, artifactType === undefined ? {} : { artifactType });
    if (!isDigest(reference)) names.setTag(repository, reference, descriptor);
    else if (subject !== undefined) names.addUntagged(descriptor);
  }
  return names.index;
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
