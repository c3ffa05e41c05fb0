import { appliedChartFindings } from '../checks/applied-chart.ts';
import { checkCharts, type Rendering, refuseErrors } from '../checks/check-charts.ts';
import { type Finding, uniqueFindings } from '../checks/finding.ts';
import { type ServerCheck, serverFindings } from '../checks/server-check.ts';
import type { FoundPack } from '../discover.ts';
import type { ReleaseFile } from '../release.ts';
import { type ChartSourceOptions, isRegistryChart, type OpenedChart, openCharts } from './chart-source.ts';
import { withChart } from './manifests-chart.ts';
import { findPacks, readPacks } from './pack-artifact.ts';

/** All charts of a release, taken to this machine and packed. */
export interface ReleaseCharts {
  /** The release with each chart as a path that helm takes. */
  readonly file: ReleaseFile;
  readonly packs: readonly FoundPack[];
  /** By those paths. */
  readonly packed: ReadonlyMap<string, OpenedChart>;
  /** What helm warned of while it packed. */
  readonly warnings: readonly Finding[];
}

export interface ChartCheckOptions extends Omit<ChartSourceOptions, 'sources' | 'onWarning'> {
  /** A throwaway API server that objects are tried on. */
  readonly checkServer?: ServerCheck | undefined;
}

/**
 * Takes and packs the charts of a release and its packs. Throws PACK_INVALID, CHART_INVALID, CHART_NOT_FOUND,
 * CHART_LINK_OUTSIDE, CHART_ARCHIVE_INVALID, SCHEMA_REFERENCE_OUTSIDE, HELM_UNSUPPORTED, HELM_LIMIT_EXCEEDED.
 */
export async function openReleaseCharts(
  file: ReleaseFile,
  options: Omit<ChartSourceOptions, 'onWarning'>,
): Promise<ReleaseCharts> {
  const warnings: Finding[] = [];
  const described = await Promise.all(
    (await readPacks(file)).map(async (pack) => await withChart(pack, options.scratch)),
  );
  const places = file.release.components.map(({ chart }) => placeOf(file, chart));
  const all = [...places, ...described.map(({ chart }) => chart)];
  const [version, opened] = await Promise.allSettled([
    // Content that is images alone needs no helm.
    all.length === 0 ? undefined : options.helm.version(options.signal),
    openCharts(all, {
      ...options,
      onWarning: (chart, detail) => warnings.push(helmWarning(chart, detail)),
    }),
  ]);
  // Of a program that is no helm it would be said that the chart is wrong.
  settled(version);
  const charts = settled(opened);
  const components = file.release.components.map((component) => {
    const path = charts.get(placeOf(file, component.chart))?.path;
    return { ...component, chart: path ?? component.chart };
  });
  return {
    file: { ...file, release: { ...file.release, components } },
    packs: await findPacks(described, charts),
    packed: new Map([...charts.values()].map((chart) => [chart.path, chart])),
    warnings,
  };
}

/** What helm said of a chart while it went on. */
export function helmWarning(place: string, detail: string): Finding {
  return { code: 'HELM_WARNED', severity: 'warning', place, detail };
}

/**
 * All that would break on the island, told before anything travels; gives back what is only worth knowing. Throws the
 * first error of those that checkCharts finds, with all of them in its detail.
 */
export async function checkReleaseCharts(
  { file, packed }: Pick<ReleaseCharts, 'file' | 'packed'>,
  renderings: readonly Rendering[],
  options: ChartCheckOptions,
): Promise<readonly Finding[]> {
  const { release } = file;
  const health = new Map(release.components.map((component) => [component.name, component.health]));
  const findings = checkCharts(renderings, {
    kubernetes: release.kubernetes,
    charts: packed,
    health: (component) => health.get(component) ?? [],
  });
  refuseErrors(findings);
  const tried = [
    ...(await appliedChartFindings(renderings, options)),
    ...(options.checkServer === undefined ? [] : await serverFindings(renderings, options.checkServer)),
  ];
  refuseErrors(tried);
  return uniqueFindings([...findings, ...tried]);
}

/** What came of one of several things that were waited for together. Throws why it failed. */
export function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function placeOf(file: ReleaseFile, chart: string): string {
  return isRegistryChart(chart) ? chart : file.resolve(chart);
}
