import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Helm } from '../apply/helm.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { messageOf } from '../content/error.ts';
import { mapLimited } from '../content/limit.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { MemoryStore } from '../content/memory.ts';
import { bundleError } from './errors.ts';

export interface PackedChart {
  readonly name: string;
  readonly version: string;
  /** The chart's Chart.yaml as plain values: what Helm keeps as the config of a chart in a registry. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The chart as `.tgz`, the same bytes for the same files. */
  readonly archive: Buffer;
}

/** Packing is mostly helm's work: two at a time keep both cores of a small machine busy. */
const WIDTH = 2;
const ChartYaml = z.looseObject({ name: z.string(), version: z.string() });

/**
 * Packs a chart with Helm's own rules (.helmignore, vendored dependencies) and writes the archive anew without times,
 * so that the same chart always has the same digest. Throws CHART_INVALID.
 */
export async function packChart(
  helm: Helm,
  folder: string,
  scratch: string,
  signal?: AbortSignal,
): Promise<PackedChart> {
  const work = await mkdtemp(join(scratch, 'chart-'));
  try {
    const packed = await helm.package({ chart: folder, destination: work, signal });
    const { create, extract } = await import('tar');
    const files = join(work, 'files');
    await mkdir(files);
    await extract({ file: packed, cwd: files, strict: true });
    const names = await namesIn(packed);
    // What the author's machine, and the umask of this one, allow on files is no part of a chart.
    for (const name of names) await chmod(join(files, name), 0o644);
    const archive = join(work, 'chart.tgz');
    await create(
      {
        cwd: files,
        file: archive,
        portable: true,
        noPax: true,
        mtime: new Date(0),
        noDirRecurse: true,
        gzip: { level: 9 },
      },
      names,
    );
    const root = names[0]?.split('/')[0] ?? '';
    const metadata = ChartYaml.parse(parse(await readFile(join(files, root, 'Chart.yaml'), 'utf8')));
    return { name: metadata.name, version: metadata.version, metadata, archive: await readFile(archive) };
  } catch (cause) {
    signal?.throwIfAborted();
    throw bundleError('CHART_INVALID', { subject: folder, detail: messageOf(cause), cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Packs the charts in all of these folders; the charts by folder. Throws CHART_INVALID. */
export async function packCharts(
  helm: Helm,
  folders: readonly string[],
  scratch: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, PackedChart>> {
  const pack = async (folder: string) => [folder, await packChart(helm, folder, scratch, signal)] as const;
  return new Map(await mapLimited(new Set(folders), WIDTH, pack));
}

/** Puts a chart where `helm pull oci://` finds it; gives back the layer that holds the archive. */
export async function putChart(
  store: MemoryStore,
  repository: string,
  chart: PackedChart,
): Promise<{ tag: string; digest: ReturnType<typeof digestOf> }> {
  const manifest = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: putBytes(store, MediaType.helmConfig, Buffer.from(JSON.stringify(chart.metadata))),
    layers: [putBytes(store, MediaType.helmChart, chart.archive)],
  });
  // A tag can't hold a plus: Helm writes it as an underscore.
  const tag = chart.version.replaceAll('+', '_');
  await store.writeManifest(repository, tag, manifest);
  return { tag, digest: manifest.digest };
}

export function putBytes(store: MemoryStore, mediaType: string, bytes: Buffer): Descriptor {
  return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
}

async function namesIn(archive: string): Promise<string[]> {
  const { list } = await import('tar');
  const names: string[] = [];
  await list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      if (entry.type === 'File') names.push(entry.path);
      entry.resume();
    },
  });
  return names.sort();
}
