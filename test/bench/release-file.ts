import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Release, readRelease } from '../../bundle/release.ts';
import type { ImageSet } from './image-set.ts';

/** Writes the platform's own release into `folder`, with its images taken from a registry (`host:port`). */
export async function platformRelease(
  original: string,
  set: ImageSet,
  registry: string,
  folder: string,
): Promise<string> {
  const { release, resolve } = await readRelease(original);
  return await write(folder, {
    ...release,
    components: release.components.map((component) => ({ ...component, chart: resolve(component.chart) })),
    packs: release.packs.map(resolve),
    sources: [{ prefix: set.host, registry }],
  });
}

/** Writes a release of nothing but the images of a set and the one chart that a release must have. */
export async function plainRelease(set: ImageSet, registry: string, folder: string): Promise<string> {
  const chart = join(folder, 'chart');
  await mkdir(chart, { recursive: true });
  await writeFile(
    join(chart, 'Chart.yaml'),
    stringify({ apiVersion: 'v2', name: 'bench', version: '1.0.0' }),
  );
  return await write(folder, {
    apiVersion: 'skerry.dev/v1',
    kind: 'Release',
    name: set.name,
    version: '1.0.0',
    description: 'Images to measure with',
    kubernetes: '>=1.31',
    sources: [{ prefix: set.host, registry }],
    registry: { component: 'bench' },
    components: [{ name: 'bench', namespace: 'bench', chart, values: {}, timeoutSeconds: 60, health: [] }],
    packs: [],
    files: [],
    images: set.images.map(({ repository, tag }) => `${set.host}/${repository}:${tag}`),
    platforms: [],
    apiVersions: [],
    accounted: [],
    strict: false,
    hostTools: [],
  });
}

async function write(folder: string, release: Release): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'release.yaml');
  await writeFile(path, stringify(release));
  return path;
}
