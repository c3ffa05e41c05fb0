import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import {
  MAX_PACK_CONFIG_BYTES,
  PACK_CONFIG_TYPE,
  PACK_TYPE,
  type PackConfig,
  tagOf,
} from '../../content/pack-format.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import type { Discovery, FoundPack } from '../discover.ts';
import { bundleError } from '../errors.ts';
import type { Rendering } from '../images/renderings.ts';
import type { LockedRelease } from '../locked-release.ts';
import type { PinnedImage } from '../pin.ts';
import type { ReleaseFile } from '../release.ts';
import { type PackedChart, putBytes } from './chart.ts';
import { isRegistryChart, type OpenedChart } from './chart-source.ts';
import { type Pack, readPack } from './pack.ts';
import { permissionsOf } from './pack-permissions.ts';

interface PackContext {
  readonly images: readonly PinnedImage[];
  readonly discoveries: readonly Discovery[];
  /** By the path of the chart. */
  readonly packed: ReadonlyMap<string, PackedChart>;
  /** What charts came to. */
  readonly renderings: readonly Pick<Rendering, 'use' | 'text'>[];
}

/** A pack as its author wrote it, before its chart is there. */
export interface DescribedPack {
  readonly pack: Pack;
  readonly folder: string;
  /** The path of its chart, or `oci://…`; of the folder with its manifests where it has no chart yet. */
  readonly chart: string;
}

/** Reads the packs that a release names. Throws PACK_INVALID. */
export async function readPacks(file: ReleaseFile): Promise<DescribedPack[]> {
  return await Promise.all(
    file.release.packs.map(async (path) => {
      const folder = file.resolve(path);
      const pack = await readPack(folder);
      const chart = pack.chart ?? pack.manifests ?? '';
      return { pack, folder, chart: isRegistryChart(chart) ? chart : join(folder, chart) };
    }),
  );
}

/** The packs with their default values, which may stand in their charts; by what each chart was called. */
export async function findPacks(
  packs: readonly DescribedPack[],
  charts: ReadonlyMap<string, Pick<OpenedChart, 'path' | 'files'>>,
): Promise<FoundPack[]> {
  return await Promise.all(
    packs.map(async ({ pack, folder, chart }) => {
      const opened = charts.get(chart);
      if (opened === undefined) throw bundleError('PACK_INVALID', { subject: chart, detail: 'not packed' });
      const values =
        pack.values === undefined
          ? yamlObject(opened.files.get('values.yaml')?.toString('utf8') ?? '', `${chart}/values.yaml`)
          : await readYamlObject(join(folder, pack.values));
      return { pack, folder, chart: opened.path, values };
    }),
  );
}

/** Makes the artifact of each pack: its config says all that a catalogue needs, its layer is the chart. */
export async function putPacks(
  made: MemoryStore,
  packs: readonly FoundPack[],
  { images, discoveries, packed, renderings }: PackContext,
): Promise<LockedRelease['packs']> {
  const artifacts: LockedRelease['packs'] = [];
  for (const { pack, folder, chart, values } of packs) {
    const own = packed.get(chart);
    if (own === undefined) throw bundleError('PACK_INVALID', { subject: chart, detail: 'not packed' });
    const named = new Set(
      discoveries
        .filter((found) => found.pack === pack.name && found.packVersion === pack.version)
        .map(({ reference }) => reference),
    );
    const config: PackConfig = {
      name: pack.name,
      version: pack.version,
      layer: pack.layer,
      description: pack.description,
      presets: pack.presets,
      dependencies: pack.dependencies,
      images: images
        .filter(({ reference, names }) => [reference, ...names].some((name) => named.has(name)))
        .map(({ reference, digest }) => ({ reference, digest })),
      values,
      valuesSchema: await readSchema(folder, pack, own),
      permissions: permissionsOf(pack, renderings),
    };
    const bytes = Buffer.from(JSON.stringify(config));
    if (bytes.byteLength > MAX_PACK_CONFIG_BYTES) {
      const detail = `values, schema and presets take ${bytes.byteLength} of ${MAX_PACK_CONFIG_BYTES} bytes`;
      throw bundleError('PACK_INVALID', { subject: join(folder, 'pack.yaml'), detail });
    }
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: PACK_TYPE,
      config: putBytes(made, PACK_CONFIG_TYPE, bytes),
      layers: [putBytes(made, MediaType.helmChart, own.archive)],
    });
    const artifact = {
      repository: `skerry/packs/${pack.name}`,
      tag: tagOf(pack.version),
      digest: manifest.digest,
    };
    await made.writeManifest(artifact.repository, artifact.tag, manifest);
    artifacts.push({ name: pack.name, version: pack.version, artifact });
  }
  return artifacts;
}

async function readYamlObject(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw bundleError('PACK_INVALID', {
      subject: path,
      detail: `it cannot be read: ${messageOf(cause)}`,
      cause,
    });
  });
  return yamlObject(text, path);
}

function yamlObject(text: string, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(text) ?? {});
  } catch (cause) {
    throw bundleError('PACK_INVALID', { subject: path, detail: 'not a YAML file of values', cause });
  }
}

// A chart may have none; a pack that names one has it.
async function readSchema(
  folder: string,
  { schema }: Pack,
  { files }: Pick<PackedChart, 'files'>,
): Promise<Record<string, unknown>> {
  const path = schema === undefined ? 'values.schema.json' : join(folder, schema);
  try {
    const text =
      schema === undefined ? (files.get(path)?.toString('utf8') ?? '{}') : await readFile(path, 'utf8');
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw bundleError('PACK_INVALID', { subject: path, detail: 'not a JSON schema', cause });
  }
}
