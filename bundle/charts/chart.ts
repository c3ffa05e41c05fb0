import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ChartFiles, readChartArchive, writeChartArchive } from '../../apply/chart/archive.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import type { Descriptor } from '../../content/descriptor.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../../content/reference.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import { bundleError } from '../errors.ts';
import { checkChartLinks } from './chart-links.ts';

export interface PackedChart {
  readonly name: string;
  readonly version: string;
  /** The chart's Chart.yaml as plain values: what Helm keeps as the config of a chart in a registry. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly files: ChartFiles;
  /** The chart as `.tgz`, the same bytes for the same files. */
  readonly archive: Buffer;
}

export interface PackOptions {
  readonly signal?: AbortSignal | undefined;
  /** What helm warned of. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const ChartYaml = z.looseObject({
  name: z.string().refine((name) => NAME_GRAMMAR.test(name), 'lower-case letters, digits and dashes'),
  version: z.string().refine((version) => TAG_GRAMMAR.test(tagOf(version)), 'a version'),
});

/**
 * Packs a chart folder with Helm's own rules (.helmignore, vendored dependencies), so that the same chart always has
 * the same digest. Throws CHART_INVALID, CHART_LINK_OUTSIDE, HELM_LIMIT_EXCEEDED.
 */
export async function packChart(
  helm: Helm,
  folder: string,
  scratch: string,
  options: PackOptions = {},
): Promise<PackedChart> {
  await checkChartLinks(folder);
  const work = await mkdtemp(join(scratch, 'chart-'));
  try {
    const packed = await helm.package({ chart: folder, destination: work, ...options });
    return await repackChart(await readFile(packed), folder);
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (isSkerryError(cause) && KNOWN.has(cause.code)) throw cause;
    throw bundleError('CHART_INVALID', { subject: folder, detail: messageOf(cause), cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * As packChart, of several folders in one run of helm; undefined unless all is well with all of them, and no two are
 * called the same.
 */
export async function packCharts(
  helm: Helm,
  folders: readonly string[],
  scratch: string,
  signal: AbortSignal | undefined,
): Promise<PackedChart[] | undefined> {
  const work = await mkdtemp(join(scratch, 'charts-'));
  try {
    for (const folder of folders) await checkChartLinks(folder);
    const packed = await helm.packageAll({ charts: folders, destination: work, signal });
    return packed && (await Promise.all(packed.map(async (path, at) => await repack(path, folders[at]))));
  } catch {
    signal?.throwIfAborted();
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function repack(path: string, folder = path): Promise<PackedChart> {
  return await repackChart(await readFile(path), folder);
}

const KNOWN: ReadonlySet<string> = new Set(['CHART_INVALID', 'HELM_LIMIT_EXCEEDED', 'HELM_NOT_FOUND']);

/**
 * Takes a chart's archive, whoever made it, and writes it again without times, owners and rights. Its Chart.yaml says
 * what it is called. Throws CHART_ARCHIVE_INVALID, CHART_INVALID.
 */
export async function repackChart(bytes: Uint8Array, subject: string): Promise<PackedChart> {
  const files = await readChartArchive(bytes, subject);
  const metadata = readChartYaml(files, subject);
  const { name, version } = metadata;
  return { name, version, metadata, files, archive: await writeChartArchive(name, files) };
}

/** Puts a chart where `helm pull oci://` finds it; gives back the layer that holds the archive. */
export async function putChart(
  store: MemoryStore,
  repository: string,
  chart: Omit<PackedChart, 'files'>,
): Promise<{ tag: string; digest: ReturnType<typeof digestOf> }> {
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: putBytes(store, MediaType.helmConfig, Buffer.from(JSON.stringify(chart.metadata))),
    layers: [putBytes(store, MediaType.helmChart, chart.archive)],
  });
  const tag = tagOf(chart.version);
  await store.writeManifest(repository, tag, manifest);
  return { tag, digest: manifest.digest };
}

export function putBytes(store: MemoryStore, mediaType: string, bytes: Buffer): Descriptor {
  return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
}

// A tag can't hold a plus: Helm writes it as an underscore.
function tagOf(version: string): string {
  return version.replaceAll('+', '_');
}

function readChartYaml(files: ChartFiles, subject: string): z.infer<typeof ChartYaml> {
  try {
    return ChartYaml.parse(parse(files.get('Chart.yaml')?.toString('utf8') ?? ''));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw bundleError('CHART_INVALID', { subject, detail: `Chart.yaml: ${detail}`, cause });
  }
}
