import { type CopyOptions, type CopyResult, executeCopy } from '../../content/copy/copy.ts';
import type { CopyPlan } from '../../content/copy/copy-plan.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { isDigest } from '../../content/digest.ts';
import type { LayoutIndex } from '../../content/layout/layout-index.ts';
import { LayoutNames } from '../../content/layout/layout-names.ts';
import { descriptorOf, parseManifest } from '../../content/manifest.ts';
import type { Store } from '../../content/store.ts';
import { releaseRepository } from '../locked-release.ts';
import type { WrittenFile } from './bundle-file.ts';
import { BundleWriter, type OpenOptions } from './bundle-writer.ts';
import { isEverywhere } from './everywhere.ts';
import type { TableEntry } from './table.ts';

export interface WriteOptions
  extends CopyOptions,
    Pick<OpenOptions, 'besides' | 'keepsOthers' | 'onChecked' | 'threads'> {
  /** Called once there is room for everything and writing begins. */
  readonly onBegin?: (() => void) | undefined;
  /** Cuts the bundle into volumes that are smaller than so many bytes, where it is not itself. */
  readonly volumeSize?: number | undefined;
}

export interface WriteResult extends CopyResult {
  /** The bundle, or its volumes in their order. */
  readonly files: readonly WrittenFile[];
}

/**
 * Writes a bundle of everything in the plan; goes on with one that was interrupted, and leaves one that is finished.
 * Throws DISK_FULL, OUTPUT_UNUSABLE, VOLUME_TOO_SMALL.
 */
export async function writeBundle(
  path: string,
  index: LayoutIndex,
  plan: CopyPlan,
  from: Store,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const { volumeSize } = options;
  const { entries, everywhere } = tableOf(plan, releaseRepository(index));
  const cut = volumeSize === undefined ? undefined : { volumeSize, everywhere };
  const writer = await BundleWriter.open(path, index, entries, { ...options, cut });
  try {
    options.onBegin?.();
    const result = await executeCopy(plan, from, writer, options);
    return { ...result, files: await writer.finish() };
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

// First what is read most, and what each volume has. Then blobs in the order in which a copy asks for them.
function tableOf(plan: CopyPlan, release: string | undefined): { entries: TableEntry[]; everywhere: number } {
  const manifests = plan.manifests.map(({ manifest }) => ({
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
  }));
  const configs = new Set(
    plan.manifests.map(({ manifest }) => parseManifest(manifest, manifest.digest).config?.digest),
  );
  const blobs = plan.blobs.map(({ descriptor: { digest, size }, repositories }) => ({
    ...{ digest, size, repositories },
    isConfig: configs.has(digest),
  }));
  const largestFirst = blobs.sort((a, b) => b.size - a.size);
  const common = unique([...manifests, ...largestFirst.filter((blob) => isEverywhere(blob, release))]);
  return { entries: unique([...common, ...largestFirst]), everywhere: common.length };
}

function unique(entries: readonly TableEntry[]): TableEntry[] {
  const known = new Map<string, TableEntry>();
  for (const { digest, size } of entries) if (!known.has(digest)) known.set(digest, { digest, size });
  return [...known.values()];
}
