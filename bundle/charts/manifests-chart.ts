import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { writeStaticChart } from '../../apply/release/static-chart.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { bundleError } from '../errors.ts';
import { checkChartLinks } from './chart-links.ts';
import type { DescribedPack } from './pack-artifact.ts';

const MANIFEST = /\.(ya?ml|json)$/;

/**
 * A pack of plain manifests gets a chart that renders to just these, so that there is one way to apply packs. Throws
 * PACK_INVALID, MANIFESTS_UNREADABLE, CHART_LINK_OUTSIDE, CHART_INVALID.
 */
export async function withChart(described: DescribedPack, scratch: string): Promise<DescribedPack> {
  const { pack } = described;
  if (pack.manifests === undefined) return described;
  const folder = described.chart;
  await checkChartLinks(folder);
  const objects = await readManifests(folder);
  if (objects.length === 0)
    throw bundleError('PACK_INVALID', { subject: folder, detail: 'there are no manifests in it' });
  const chart = join(scratch, 'manifests', pack.name);
  const { name, version } = pack;
  const description = pack.description || `Manifests of ${name}.`;
  await writeStaticChart(chart, { name, version, description }, objects);
  return { ...described, chart };
}

async function readManifests(folder: string): Promise<KubeObject[]> {
  try {
    const names = (await readdir(folder, { recursive: true })).filter((name) => MANIFEST.test(name)).sort();
    const texts = await Promise.all(names.map(async (name) => await readFile(join(folder, name), 'utf8')));
    return texts.flatMap((text, index) => parseManifests(text, join(folder, names[index] ?? '')));
  } catch (cause) {
    if (isSkerryError(cause)) throw cause;
    throw bundleError('PACK_INVALID', { subject: folder, detail: messageOf(cause), cause });
  }
}
