import type { Helm } from '../../apply/helm/helm.ts';
import type { Digest } from '../../content/digest.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import type { CallOptions } from '../../content/store.ts';
import type { MemoryStore } from '../../content/stores/memory.ts';
import { discoverImages } from '../discover.ts';
import { surveyImages } from '../images/survey.ts';
import { type ImageAccount, isMissing } from '../pin.ts';
import type { ReleaseFile } from '../release.ts';
import type { Sources } from '../sources.ts';
import { putChart } from './chart.ts';
import { isRegistryChart } from './chart-source.ts';
import { openReleaseCharts } from './release-charts.ts';

export interface ChartContentsOptions extends CallOptions {
  readonly helm: Helm;
  readonly scratch: string;
  /** Takes charts that no registry has. */
  readonly made: MemoryStore;
}

export interface ChartContents {
  /** Charts and images; a chart of a registry keeps its name, one of a path gets `charts/NAME`. */
  readonly items: readonly { readonly repository: string; readonly tag: string; readonly digest: Digest }[];
  /** Images that charts name for sure and that could not be had. */
  readonly missing: readonly ImageAccount[];
}

/**
 * The charts of a release's components with all images that they name, found as for a bundle. Images that are missing
 * are reported and stop nothing. Throws CHART_INVALID, CHART_NOT_FOUND, HELM_RENDER_FAILED and its like.
 */
export async function chartContents(
  file: ReleaseFile,
  sources: Sources,
  { made, ...options }: ChartContentsOptions,
): Promise<ChartContents> {
  const written = file.release.components.map(({ chart }) => chart);
  const opened = await openReleaseCharts(file, { ...options, sources });
  const findings = await discoverImages(options.helm, opened.file, opened.packs, options);
  const survey = await surveyImages(opened.file, findings, sources, { ...options, required: false });
  const charts = await Promise.all(
    opened.file.release.components.map(async ({ chart: path }, index) => {
      const packed = opened.packed.get(path);
      if (packed === undefined) throw new Error(`${path} was not packed`);
      const chart = written[index] ?? path;
      if (!isRegistryChart(chart)) {
        const repository = `charts/${packed.name}`;
        return { repository, ...(await putChart(made, repository, packed)) };
      }
      return await inRegistry(chart, packed.version, sources, options);
    }),
  );
  return { items: [...charts, ...survey.images], missing: survey.accounts.filter(isMissing) };
}

// As its registry has it, so that its signatures stay good: what was packed here may have other bytes.
async function inRegistry(chart: string, version: string, sources: Sources, options: CallOptions) {
  const { host, path, digest } = parseReference(chart.replace(/^oci:\/\//, '').replaceAll('+', '_'));
  sources.add({ host, path });
  const repository = repositoryOf({ host, path });
  const tag = version.replaceAll('+', '_');
  const manifest = await sources.readManifest(repository, digest ?? tag, options);
  if (manifest === undefined) throw new Error(`${chart} was there a moment ago`);
  return { repository, tag, digest: manifest.digest };
}
