import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { checkSchemaReferences } from '../../apply/chart/schema-references.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { MAX_SMALL_BLOB_BYTES, readSmallBlob } from '../../content/bytes/small-blob.ts';
import { messageOf } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import { parseManifest } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { type Reference, tagOrDigest, tryParseReference } from '../../content/reference.ts';
import type { Store } from '../../content/store.ts';
import { bundleError } from '../errors.ts';
import { type PackedChart, packChart, packCharts, repackChart } from './chart.ts';

/** A chart as helm can render it on this machine. */
export interface OpenedChart extends PackedChart {
  /** A folder or a `.tgz`. */
  readonly path: string;
}

export interface ChartSourceOptions {
  readonly helm: Helm;
  /** Where registries' content comes from, mirrors and logins included. */
  readonly sources: Store & { add(reference: Reference): string };
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((chart: string, text: string) => void) | undefined;
}

const OCI = 'oci://';
/** Packing is mostly helm's work: two at a time keep both cores of a small machine busy. */
const WIDTH = 2;
/** What Helm 3.7 and older called a chart's layer. */
const OLD_CHART_TYPE = 'application/tar+gzip';

/** True where a `chart:` is in a registry rather than a path. */
export function isRegistryChart(chart: string): boolean {
  return chart.startsWith(OCI);
}

/**
 * Takes each chart, a folder, a `.tgz` or `oci://host/repository[:version|@digest]`, and packs it; by what it was
 * called. Throws CHART_INVALID, CHART_LINK_OUTSIDE, CHART_ARCHIVE_INVALID, CHART_NOT_FOUND, SCHEMA_REFERENCE_OUTSIDE.
 */
export async function openCharts(
  charts: Iterable<string>,
  options: ChartSourceOptions,
): Promise<ReadonlyMap<string, OpenedChart>> {
  const all = [...new Set(charts)];
  const packed = await packFolders(all, options);
  const opened = await mapLimited(all, WIDTH, async (chart, index) => {
    const found = packed.get(chart) ?? (await open(chart, index, options));
    await checkSchemaReferences(found.files, chart);
    return [chart, found] as const;
  });
  refuseClashes(opened);
  return new Map(opened);
}

/** The charts that are folders, all at once; none when that does not go well, and each has its own turn. */
async function packFolders(
  charts: readonly string[],
  { helm, scratch, signal }: ChartSourceOptions,
): Promise<ReadonlyMap<string, OpenedChart>> {
  const local = charts.filter((chart) => !isRegistryChart(chart));
  const isFolder = await Promise.all(
    local.map(async (chart) => (await stat(chart).catch(() => undefined))?.isDirectory()),
  );
  const folders = local.filter((_, at) => isFolder[at]);
  if (folders.length < 2) return new Map();
  const packed = (await packCharts(helm, folders, scratch, signal)) ?? [];
  return new Map(
    packed.flatMap((each, at) => {
      const path = folders[at];
      return path === undefined ? [] : [[path, { ...each, path }] as const];
    }),
  );
}

async function open(chart: string, index: number, options: ChartSourceOptions): Promise<OpenedChart> {
  const { helm, scratch, signal, onWarning } = options;
  if (isRegistryChart(chart)) {
    const packed = await repackChart(await fetchChart(chart, options), chart);
    const path = join(scratch, `fetched-${index}-${packed.name}.tgz`);
    await writeFile(path, packed.archive);
    return { ...packed, path };
  }
  if (await isFile(chart)) return { ...(await repackChart(await readArchive(chart), chart)), path: chart };
  const warn = onWarning && ((text: string) => onWarning(chart, text));
  return { ...(await packChart(helm, chart, scratch, { signal, onWarning: warn })), path: chart };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT') && !hasCode(cause, 'ENOTDIR'))
      throw bundleError('CHART_INVALID', { subject: path, detail: messageOf(cause), cause });
    throw bundleError('CHART_INVALID', {
      subject: path,
      detail: 'there is no such file or folder',
      remedy: 'Correct the path of the chart; it is relative to the release.yaml or pack.yaml that names it.',
      cause,
    });
  }
}

async function readArchive(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > MAX_SMALL_BLOB_BYTES)
    throw bundleError('CHART_INVALID', { subject: path, detail: `more than ${MAX_SMALL_BLOB_BYTES} bytes` });
  return await readFile(path);
}

async function fetchChart(chart: string, { sources, signal }: ChartSourceOptions): Promise<Buffer> {
  const reference = await withVersion(referenceOf(chart), chart, sources, signal);
  const repository = sources.add(reference);
  const manifest = await sources.readManifest(repository, tagOrDigest(reference), { signal });
  if (manifest === undefined) throw bundleError('CHART_NOT_FOUND', { subject: chart });
  const layer = parseManifest(manifest, chart).blobs.find(
    ({ mediaType }) => mediaType === MediaType.helmChart || mediaType === OLD_CHART_TYPE,
  );
  if (layer === undefined)
    throw bundleError('CHART_NOT_FOUND', { subject: chart, detail: 'what stands there is no Helm chart' });
  return await readSmallBlob(sources, repository, layer, { signal });
}

function referenceOf(chart: string): Reference & { readonly bare: boolean } {
  // A tag has no plus: Helm writes it as an underscore.
  const text = chart.slice(OCI.length).replaceAll('+', '_');
  const reference = tryParseReference(text);
  if (reference === undefined || !text.startsWith(reference.host)) {
    const detail = 'not oci://HOST/REPOSITORY:VERSION or oci://HOST/REPOSITORY@DIGEST';
    throw bundleError('CHART_INVALID', {
      subject: chart,
      detail,
      remedy: 'Correct the address of the chart.',
    });
  }
  const bare = reference.digest === undefined && !text.endsWith(`:${reference.tag}`);
  return { ...reference, bare };
}

// Without a version the newest release counts, as for helm.
async function withVersion(
  { bare, ...reference }: Reference & { readonly bare: boolean },
  chart: string,
  sources: ChartSourceOptions['sources'],
  signal: AbortSignal | undefined,
): Promise<Reference> {
  if (!bare) return reference;
  const repository = sources.add(reference);
  // Without a limit: some registries know no other pages than those that their own links lead to.
  const tags = await sources.listTags(repository, { signal });
  const versions = tags.filter((tag) => semver.valid(tag.replaceAll('_', '+')) !== null);
  const newest = semver.maxSatisfying(
    versions.map((tag) => tag.replaceAll('_', '+')),
    '*',
  );
  if (newest === null)
    throw bundleError('CHART_NOT_FOUND', { subject: chart, detail: 'no released version' });
  return { ...reference, tag: newest.replaceAll('+', '_') };
}

// Both would stand under one name in the bundle.
function refuseClashes(opened: readonly (readonly [string, PackedChart])[]): void {
  const known = new Map<string, readonly [string, PackedChart]>();
  for (const entry of opened) {
    const [chart, { name, version, archive }] = entry;
    const other = known.get(`${name}:${version}`);
    if (other !== undefined && !other[1].archive.equals(archive)) {
      const detail = `${other[0]} is called ${name} ${version} as well, and is another chart`;
      throw bundleError('CHART_INVALID', {
        subject: chart,
        detail,
        remedy: 'Give one of the two another version in its Chart.yaml.',
      });
    }
    known.set(`${name}:${version}`, entry);
  }
}
