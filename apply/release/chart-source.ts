import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSmallBlob } from '../../content/bytes/small-blob.ts';
import { messageOf } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { tryJson } from '../../content/json.ts';
import { parseManifest } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { PACK_CONFIG_TYPE } from '../../content/pack-format.ts';
import { readChartArchive } from '../chart/archive.ts';
import { KUBERNETES_YAML } from '../manifest.ts';
import type { Component, Engine } from './component.ts';

/** A chart on this disk. */
export interface Chart {
  /** Path of the .tgz. */
  readonly path: string;
  readonly metadata: ChartMetadata;
  /** False only where these values can't make it bring a CustomResourceDefinition. */
  mayHoldCrds(values: Component['values']): boolean;
}

const ChartMetadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  appVersion: z.string().optional(),
  description: z.string().optional(),
});
export interface ChartMetadata extends z.infer<typeof ChartMetadataSchema> {
  /** Helm keeps them in the release's record: what says there whose release it is. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Takes a component's chart, alone or in a pack, out of its store, digests compared. Throws CONTENT_NOT_FOUND, DIGEST_MISMATCH. */
export async function takeChart(
  { scratch, signal }: Pick<Engine, 'scratch' | 'signal'>,
  { name, chart: { store, repository, digest } }: Pick<Component, 'name' | 'chart'>,
): Promise<Chart> {
  const subject = `${repository}@${digest}`;
  const manifest = await store.readManifest(repository, digest, { signal });
  const content = manifest && parseManifest(manifest, subject);
  const layer = content?.blobs.find(({ mediaType }) => mediaType === MediaType.helmChart);
  if (content?.config === undefined || layer === undefined)
    throw contentError('CONTENT_NOT_FOUND', { subject, detail: store.name });
  const path = join(scratch, `${name}.tgz`);
  const archive = await readSmallBlob(store, repository, layer, { signal });
  await writeFile(path, archive);
  // The config of a chart artifact is its Chart.yaml as JSON (helm.sh/docs, "OCI-based registries"); that of a pack is not.
  const described =
    content.config.mediaType === PACK_CONFIG_TYPE
      ? await chartYaml(archive, subject)
      : tryJson((await readSmallBlob(store, repository, content.config, { signal })).toString());
  const metadata = ChartMetadataSchema.safeParse(described);
  if (!metadata.success)
    throw contentError('CONTENT_NOT_FOUND', { subject, detail: z.prettifyError(metadata.error) });
  const files = await mayHoldCrds(archive);
  return {
    path,
    metadata: metadata.data,
    mayHoldCrds: (values) => files || JSON.stringify(values).includes(CRD),
  };
}

async function chartYaml(archive: Buffer, subject: string): Promise<unknown> {
  const text = (await readChartArchive(archive, subject)).get('Chart.yaml')?.toString('utf8') ?? '';
  try {
    return parse(text, KUBERNETES_YAML);
  } catch (cause) {
    throw contentError('CONTENT_NOT_FOUND', { subject, detail: messageOf(cause), cause });
  }
}

const CRD = 'CustomResourceDefinition';
const MAX_ARCHIVE = 256 * 1024 * 1024;

// A packed subchart can't be looked into without unpacking it.
async function mayHoldCrds(archive: Buffer): Promise<boolean> {
  try {
    const files = await promisify(gunzip)(archive, { maxOutputLength: MAX_ARCHIVE });
    return files.includes(CRD) || files.includes('.tgz');
  } catch {
    return true;
  }
}
