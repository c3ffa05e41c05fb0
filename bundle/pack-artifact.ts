import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { hasCode } from '../content/blob-file.ts';
import { manifestOf } from '../content/manifest.ts';
import { MediaType } from '../content/media-type.ts';
import type { MemoryStore } from '../content/memory.ts';
import { type PackedChart, putBytes } from './chart.ts';
import type { Discovery, FoundPack } from './discover.ts';
import { bundleError } from './errors.ts';
import type { LockedRelease } from './locked-release.ts';
import { PACK_CONFIG_TYPE, PACK_TYPE, type Pack, readPack } from './pack.ts';
import type { PinnedImage } from './pin.ts';
import type { ReleaseFile } from './release.ts';

interface PackContext {
  readonly images: readonly PinnedImage[];
  readonly discoveries: readonly Discovery[];
  /** Charts by folder. */
  readonly packed: ReadonlyMap<string, PackedChart>;
}

/** Reads the packs that a release names, with their default values. Throws PACK_INVALID. */
export async function findPacks(file: ReleaseFile): Promise<FoundPack[]> {
  return await Promise.all(
    file.release.packs.map(async (path) => {
      const folder = file.resolve(path);
      const pack = await readPack(folder);
      const chart = join(folder, pack.chart);
      const values = await readYamlObject(join(folder, pack.values ?? join(pack.chart, 'values.yaml')));
      return { pack, folder, chart, values };
    }),
  );
}

/** Makes the artifact of each pack: its config says all that a catalogue needs, its layer is the chart. */
export async function putPacks(
  made: MemoryStore,
  packs: readonly FoundPack[],
  { images, discoveries, packed }: PackContext,
): Promise<LockedRelease['packs']> {
  const artifacts: LockedRelease['packs'] = [];
  for (const { pack, folder, chart, values } of packs) {
    const archive = packed.get(chart)?.archive;
    if (archive === undefined) throw bundleError('PACK_INVALID', { subject: chart, detail: 'not packed' });
    const own = new Set(
      discoveries.filter((discovery) => discovery.pack === pack.name).map(({ reference }) => reference),
    );
    const config = {
      name: pack.name,
      version: pack.version,
      layer: pack.layer,
      description: pack.description,
      presets: pack.presets,
      dependencies: pack.dependencies,
      images: images
        .filter(({ reference }) => own.has(reference))
        .map(({ reference, digest }) => ({ reference, digest })),
      values,
      valuesSchema: await readSchema(folder, pack),
    };
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: PACK_TYPE,
      config: putBytes(made, PACK_CONFIG_TYPE, Buffer.from(JSON.stringify(config))),
      layers: [putBytes(made, MediaType.helmChart, archive)],
    });
    const artifact = {
      repository: `skerry/packs/${pack.name}`,
      tag: pack.version.replaceAll('+', '_'),
      digest: manifest.digest,
    };
    await made.writeManifest(artifact.repository, artifact.tag, manifest);
    artifacts.push({ name: pack.name, version: pack.version, artifact });
  }
  return artifacts;
}

async function readYamlObject(path: string): Promise<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(await readFile(path, 'utf8')) ?? {});
  } catch (cause) {
    throw bundleError('PACK_INVALID', { subject: path, detail: 'not a YAML file of values', cause });
  }
}

async function readSchema(folder: string, { schema, chart }: Pack): Promise<Record<string, unknown>> {
  const path = join(folder, schema ?? join(chart, 'values.schema.json'));
  try {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      // A chart may have none; a pack that names one has it.
      if (schema === undefined && hasCode(error, 'ENOENT')) return '{}';
      throw error;
    });
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw bundleError('PACK_INVALID', { subject: path, detail: 'not a JSON schema', cause });
  }
}
