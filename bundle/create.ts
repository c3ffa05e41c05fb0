import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Helm } from '../apply/helm.ts';
import type { CopyResult } from '../content/copy.ts';
import { type CopyItem, type CopyPlan, planCopy } from '../content/copy-plan.ts';
import type { Digest } from '../content/digest.ts';
import { MemoryStore } from '../content/memory.ts';
import { type PackedChart, packCharts, putChart } from './chart.ts';
import { type Discovery, discoverImages, type FoundPack } from './discover.ts';
import { bundleError } from './errors.ts';
import type { SigningKey } from './key.ts';
import type { LockedRelease, ReleaseAddress } from './locked-release.ts';
import { findPacks, putPacks } from './pack-artifact.ts';
import { type LeftOut, type PinnedImage, pinImages } from './pin.ts';
import { type ReleaseFile, readRelease } from './release.ts';
import { putRelease } from './release-artifact.ts';
import { signManifest } from './signature.ts';
import { openSources, type SourceOptions, type Sources } from './sources.ts';
import { indexOfPlan, type WriteOptions, writeBundle } from './write.ts';

export interface CreateOptions extends SourceOptions, WriteOptions {
  readonly helm: Helm;
  readonly key: SigningKey;
  /** Finds out what the release's host tools are. */
  readonly hostTools: () => Promise<LockedRelease['hostTools']>;
  /** Told at each step what is being done. */
  readonly onStep?: ((step: CreateStep) => void) | undefined;
  /** Called with what is going to be written; a false answer ends it there. */
  readonly confirm?: ((planned: PlannedBundle) => boolean) | undefined;
}

export type CreateStep = 'charts' | 'images' | 'content' | 'copy';

export interface PlannedBundle {
  readonly release: LockedRelease;
  readonly address: ReleaseAddress;
  readonly plan: CopyPlan;
  readonly discoveries: readonly Discovery[];
  /** What looks like an image in the charts but could not be had. */
  readonly leftOut: readonly LeftOut[];
}

export interface CreatedBundle extends PlannedBundle {
  readonly path: string;
  /** Undefined when `confirm` said no. */
  readonly copied: CopyResult | undefined;
}

/**
 * Makes a bundle of a release: packs the charts, finds and pins the images, signs, and copies everything into one file
 * `NAME-VERSION.bundle.tar` in `folder`. Nothing is written before everything has been found.
 * Throws RELEASE_*, PACK_INVALID, CHART_INVALID, HELM_RENDER_FAILED, IMAGE_NOT_FOUND, DISK_FULL, OUTPUT_UNUSABLE.
 */
export async function createBundle(
  releasePath: string,
  folder: string,
  options: CreateOptions,
): Promise<CreatedBundle> {
  const file = await readRelease(releasePath);
  const scratch = await mkdtemp(join(tmpdir(), 'skerry-create-'));
  try {
    const made = new MemoryStore('what this release makes');
    const sources = await openSources(file, made, options);
    options.onStep?.('charts');
    const packs = await findPacks(file);
    const { hostTools, discoveries, packed } = await runHelm(file, packs, scratch, options);
    options.onStep?.('images');
    const { images, leftOut } = await pinImages(sources, discoveries, options);
    options.onStep?.('content');
    const charts = await putCharts(file, made, packed);
    const packArtifacts = await putPacks(made, packs, { images, discoveries, packed });
    const items = [...images, ...charts.values(), ...packArtifacts.map(({ artifact }) => artifact)];
    const contents = await planCopy(sources, items.map(toItem), options);
    const release = lock(file, images, charts, packArtifacts, contents, discoveries, hostTools);
    const address = await putRelease(made, release);
    await signManifest(made, address.repository, address.digest, options.key);
    return await write(folder, { release, address, discoveries, leftOut }, { sources, items }, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// Helm starts anew for each chart, so all that it does is done side by side. The first of these to fail is told.
async function runHelm(
  file: ReleaseFile,
  packs: readonly FoundPack[],
  scratch: string,
  { helm, hostTools, signal }: CreateOptions,
) {
  const folders = [
    ...file.release.components.map(({ chart }) => file.resolve(chart)),
    ...packs.map(({ chart }) => chart),
  ];
  const [tools, found, charts] = await Promise.allSettled([
    hostTools(),
    discoverImages(helm, file, packs, { signal }),
    packCharts(helm, folders, scratch, signal),
  ]);
  return { hostTools: settled(tools), discoveries: settled(found), packed: settled(charts) };
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

/** The file name of a release's bundle. */
function bundleName({ name, version }: { name: string; version: string }): string {
  return `${name}-${version}.bundle.tar`;
}

async function write(
  folder: string,
  made: Omit<PlannedBundle, 'plan'>,
  from: { sources: Sources; items: readonly (Artifact | PinnedImage)[] },
  options: CreateOptions,
): Promise<CreatedBundle> {
  const own = { repository: made.address.repository, reference: made.address.tag };
  const plan = await planCopy(from.sources, [...from.items.map(toItem), own], options);
  const planned = { ...made, plan };
  const path = join(folder, bundleName(made.release));
  if (options.confirm?.(planned) === false) return { ...planned, path, copied: undefined };
  options.onStep?.('copy');
  return {
    ...planned,
    path,
    copied: await writeBundle(path, indexOfPlan(plan), plan, from.sources, options),
  };
}

interface Artifact {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

function toItem({ repository, tag, digest }: Artifact | PinnedImage): CopyItem {
  return { repository, reference: tag, digest };
}

async function putCharts(file: ReleaseFile, made: MemoryStore, packed: ReadonlyMap<string, PackedChart>) {
  const charts = new Map<string, Artifact>();
  for (const { name, chart } of file.release.components) {
    const archive = packed.get(file.resolve(chart));
    if (archive === undefined) throw bundleError('CHART_INVALID', { subject: chart });
    const repository = `skerry/charts/${archive.name}`;
    charts.set(name, { repository, ...(await putChart(made, repository, archive)) });
  }
  return charts;
}

function lock(
  { release }: ReleaseFile,
  images: readonly PinnedImage[],
  charts: ReadonlyMap<string, Artifact>,
  packs: LockedRelease['packs'],
  contents: CopyPlan,
  discoveries: readonly Discovery[],
  hostTools: LockedRelease['hostTools'],
): LockedRelease {
  const pinned = new Set(images.map(({ reference }) => reference));
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: release.name,
    version: release.version,
    description: release.description,
    kubernetes: release.kubernetes,
    registry: release.registry,
    components: release.components.map((component) => {
      const chart = charts.get(component.name);
      if (chart === undefined) throw bundleError('CHART_INVALID', { subject: component.chart });
      const found = discoveries.filter(
        (discovery) => discovery.component === component.name && pinned.has(discovery.reference),
      );
      return {
        name: component.name,
        namespace: component.namespace,
        chart,
        values: component.values,
        timeoutSeconds: component.timeoutSeconds,
        images: [...new Set(found.map(({ reference }) => reference))].sort(),
      };
    }),
    packs,
    images: images.map(({ reference, repository, tag, digest }) => ({ reference, repository, tag, digest })),
    hostTools,
    contents: [...indexOfPlan(contents)],
  };
}
