import { join } from 'node:path';
import type { Helm } from '../apply/helm/helm.ts';
import {
  type CopyItem,
  type CopyPlan,
  mergePlans,
  type PlanOptions,
  planCopy,
} from '../content/copy/copy-plan.ts';
import type { Digest } from '../content/digest.ts';
import type { MemoryStore } from '../content/stores/memory.ts';
import { type PackedChart, putChart } from './charts/chart.ts';
import { putPacks } from './charts/pack-artifact.ts';
import {
  type ChartCheckOptions,
  checkReleaseCharts,
  helmWarning,
  openReleaseCharts,
  type ReleaseCharts,
  settled,
} from './charts/release-charts.ts';
import { type Finding, uniqueFindings } from './checks/finding.ts';
import { type ChartFindings, type Discovery, discoverImages } from './discover.ts';
import { bundleError } from './errors.ts';
import { indexOfPlan, type WriteOptions, type WriteResult, writeBundle } from './file/write.ts';
import { type CarriedFile, putFiles } from './files/file-artifact.ts';
import { MadeStore } from './files/made-store.ts';
import { lockAccounts } from './images/locked-accounts.ts';
import { type ImageSurvey, requireAccounts, surveyImages } from './images/survey.ts';
import type { SigningKey } from './key.ts';
import type { LockedRelease, ReleaseAddress } from './locked-release.ts';
import type { PinnedImage } from './pin.ts';
import { type Release, type ReleaseFile, readRelease } from './release.ts';
import { putRelease } from './release-artifact.ts';
import { signManifest } from './signature.ts';
import { openSources, type SourceOptions, type Sources } from './sources.ts';

export interface CreateOptions
  extends SourceOptions,
    WriteOptions,
    ChartCheckOptions,
    Pick<PlanOptions, 'sparse'> {
  readonly helm: Helm;
  /** A folder of which the caller takes care. */
  readonly scratch: string;
  readonly key: SigningKey;
  /** Finds out what the host tools are that the release wants. */
  readonly hostTools: (wanted: Release['hostTools']) => Promise<LockedRelease['hostTools']>;
  /** Make none while a likely image is neither taken nor accounted for, whatever the release says. */
  readonly strict?: boolean | undefined;
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
  /** All that is or could be an image, and what became of it. */
  readonly survey: ImageSurvey;
  /** What is worth knowing of the charts before they travel. */
  readonly warnings: readonly Finding[];
}

export interface CreatedBundle extends PlannedBundle {
  readonly path: string;
  /** Undefined when `confirm` said no. */
  readonly copied: WriteResult | undefined;
}

/**
 * Makes a bundle of a release: packs the charts, finds and pins the images, signs, and copies everything into one file
 * `NAME-VERSION.bundle.tar` in `folder`. Nothing is written before everything has been found.
 * Throws RELEASE_*, PACK_INVALID, CHART_INVALID, HELM_RENDER_FAILED, IMAGE_NOT_FOUND,
 * IMAGES_UNACCOUNTED, DISK_FULL, OUTPUT_UNUSABLE.
 */
export async function createBundle(
  releasePath: string,
  folder: string,
  options: CreateOptions,
): Promise<CreatedBundle> {
  const described = await readRelease(releasePath);
  const made = new MadeStore('what this release makes');
  const sources = await openSources(described, made, options);
  try {
    options.onStep?.('charts');
    const opened = await openReleaseCharts(described, { ...options, sources });
    const { file, packs, packed } = opened;
    const { hostTools, findings, told } = await findInCharts(opened, options);
    const { survey, found } = await checkAndSurvey(opened, findings, sources, options);
    const warnings = uniqueFindings([...told, ...found]);
    if (options.strict === true || file.release.strict) requireAccounts(survey);
    const { images } = survey;
    const { discoveries, renderings } = findings;
    options.onStep?.('content');
    const charts = await putCharts(file, made, packed);
    const packArtifacts = await putPacks(made, packs, { images, discoveries, packed, renderings });
    const files = await putFiles(made, file, options);
    const artifacts = [...packArtifacts, ...files].map(({ artifact }) => artifact);
    const items = [...images, ...charts.values(), ...artifacts];
    const wanted = items.map(copiedAs(file.release.platforms));
    const contents = await planCopy(sources, wanted, options);
    const release = lock(file, survey, charts, packArtifacts, contents, hostTools, files);
    const address = await putRelease(made, release);
    await signManifest(made, address.repository, address.digest, options.key);
    return await write(folder, { release, address, survey, warnings }, { sources, contents }, options);
  } finally {
    await sources.close();
  }
}

// What helm does for one chart and another is done side by side. The first of these to fail is reported.
async function findInCharts({ file, packs, warnings }: ReleaseCharts, options: CreateOptions) {
  const told: Finding[] = [...warnings];
  const [tools, found] = await Promise.allSettled([
    options.hostTools(file.release.hostTools),
    discoverImages(options.helm, file, packs, {
      scratch: options.scratch,
      signal: options.signal,
      onWarning: (where, text) => told.push(helmWarning(where, text)),
    }),
  ]);
  const findings = settled(found);
  return { hostTools: settled(tools), findings, told };
}

// Checking charts is helm's work, and registries have to be waited for: both at once. What is wrong with a chart is told
// first, and without waiting for a registry that does not answer.
async function checkAndSurvey(
  { file, packed }: ReleaseCharts,
  findings: ChartFindings,
  sources: Sources,
  options: CreateOptions,
): Promise<{ found: readonly Finding[]; survey: ImageSurvey }> {
  const refused = new AbortController();
  const signal = AbortSignal.any([refused.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const check = async () => {
    const found = await checkReleaseCharts({ file, packed }, findings.renderings, options);
    options.onStep?.('images');
    return found;
  };
  const [checked, surveyed] = await Promise.allSettled([
    check().catch((error: unknown) => {
      refused.abort(error);
      throw error;
    }),
    surveyImages(file, findings, sources, { ...options, signal }),
  ]);
  return { found: settled(checked), survey: settled(surveyed) };
}

/** The file name of a release's bundle. */
export function bundleName({ name, version }: { name: string; version: string }): string {
  return `${name}-${version}.bundle.tar`;
}

async function write(
  folder: string,
  made: Omit<PlannedBundle, 'plan'>,
  from: { sources: Sources; contents: CopyPlan },
  options: CreateOptions,
): Promise<CreatedBundle> {
  const own = { repository: made.address.repository, reference: made.address.tag };
  // Planned already but for the release itself: walking all of it again would ask registries for everything twice.
  const plan = mergePlans([from.contents, await planCopy(from.sources, [own], options)]);
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

function copiedAs(platforms: readonly string[]): (item: Artifact | PinnedImage) => CopyItem {
  const chosen = platforms.length === 0 ? {} : { platforms };
  return ({ repository, tag, digest }) => ({ repository, reference: tag, digest, ...chosen });
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
  { images, accounts, findings: { discoveries } }: ImageSurvey,
  charts: ReadonlyMap<string, Artifact>,
  packs: LockedRelease['packs'],
  contents: CopyPlan,
  hostTools: LockedRelease['hostTools'],
  files: readonly CarriedFile[],
): LockedRelease {
  const pinned = new Set(images.flatMap(({ reference, names }) => [reference, ...names]));
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: release.name,
    version: release.version,
    description: release.description,
    kubernetes: release.kubernetes,
    ...(release.registry === undefined ? {} : { registry: release.registry }),
    ...(release.upgrade === undefined ? {} : { upgrade: release.upgrade }),
    ...(release.preflight === undefined ? {} : { preflight: release.preflight }),
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
        health: component.health,
        ...(component.gate === undefined ? {} : { gate: component.gate }),
        ...(component.backup === undefined ? {} : { backup: component.backup }),
        images: [...namesOf(found, true), ...namesOf(found, false)],
      };
    }),
    packs,
    ...(files.length === 0 ? {} : { files: [...files] }),
    ...lockAccounts(accounts),
    platforms: release.platforms,
    apiVersions: release.apiVersions,
    hostTools,
    contents: [...indexOfPlan(contents)],
  };
}

/** The references of sure images (or of all others), each once, in order. */
function namesOf(found: readonly Discovery[], sure: boolean): string[] {
  const certain = new Set(
    found.filter(({ certainty }) => certainty === 'sure').map(({ reference }) => reference),
  );
  return [...new Set(found.map(({ reference }) => reference))]
    .filter((reference) => certain.has(reference) === sure)
    .sort();
}
