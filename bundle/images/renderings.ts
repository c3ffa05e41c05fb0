import { applyError } from '../../apply/errors.ts';
import type { ChartInput, Helm } from '../../apply/helm/helm.ts';
import { at, isJsonObject, listAt, textAt } from '../../apply/json.ts';
import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { CallOptions } from '../../content/store.ts';
import { both, type ChartMentions, chartMentions, NOTHING, valuesMention } from './chart-mentions.ts';
import { HiddenApis } from './hidden-apis.ts';
import { servedApis } from './served-apis.ts';

/** One way in which a chart will be installed. */
export interface ChartUse extends Pick<ChartInput, 'name' | 'namespace' | 'chart' | 'values'> {
  readonly where: string;
  readonly component?: string | undefined;
  readonly pack?: string | undefined;
  readonly packVersion?: string | undefined;
}

/** What a chart comes to in clusters of some versions. */
export interface Rendering {
  readonly use: ChartUse;
  readonly text: string;
  /** The versions of Kubernetes that give this very text, oldest first; empty when it is the same for all. */
  readonly versions: readonly string[];
}

export interface Renderings {
  readonly renderings: readonly Rendering[];
  /** Charts that ask the cluster for objects while they are rendered. */
  readonly lookups: readonly ChartUse[];
  /** Charts that refuse to be rendered as an upgrade without a cluster. */
  readonly unseenUpgrades: readonly ChartUse[];
  /** How often helm was run. */
  readonly runs: number;
}

export interface ClusterRange {
  /** One version of each minor. */
  readonly versions: readonly string[];
  /** APIs that the island's clusters may serve besides Kubernetes' own: `monitoring.coreos.com/v1`. */
  readonly apiVersions: readonly string[];
}

export interface RenderOptions extends CallOptions {
  /** A folder for copies of charts. */
  readonly scratch: string;
  /** Told what helm warned of. */
  readonly onWarning?: ((where: string, text: string) => void) | undefined;
  /** Given each text as it comes, while helm is at the next. */
  readonly onText?: ((use: ChartUse, text: string) => void) | undefined;
}

/** Rendering is short work of another program; two at a time keep both cores busy. */
const WIDTH = 2;

/**
 * Renders every chart for every version of Kubernetes; those that ask which APIs are served also with the APIs of all
 * CRDs that the charts bring, and with the declared ones. A chart whose files never ask for either is rendered once.
 * Throws HELM_RENDER_FAILED.
 */
export async function renderCharts(
  helm: Helm,
  uses: readonly ChartUse[],
  range: ClusterRange,
  options: RenderOptions,
): Promise<Renderings> {
  const mentions = await mentionsOf(uses, range.versions);
  const hidden = new HiddenApis(options.scratch);
  const run = async (jobs: readonly Job[]) =>
    await mapLimited(jobs, WIDTH, async (job) => await render(helm, job, hidden, options));
  const plain = await run(uses.flatMap((use) => plainJobs(use, mentions(use), range)));
  const asking = uses.filter((use) => mentions(use).apis);
  const own = asking.length === 0 ? [] : crdApis(plain.flatMap(({ text }) => text ?? []));
  const rendered = [...plain, ...(await run(jobsWithApis(asking, own, range)))];
  const renderings = uses.flatMap((use) => {
    const same = rendered.filter(({ job }) => job.use === use);
    return collapse(use, same, mentions(use).version ? range.versions : []);
  });
  return {
    renderings,
    lookups: uses.filter((use) => mentions(use).lookup),
    unseenUpgrades: uses.filter((use) =>
      rendered.some(({ job, text }) => job.use === use && text === undefined),
    ),
    runs: rendered.length,
  };
}

interface Job {
  readonly use: ChartUse;
  readonly version: string;
  readonly apis: readonly string[];
  readonly isUpgrade?: boolean | undefined;
  /** The chart is rendered for several versions. */
  readonly ofMany: boolean;
  /** The chart asks which APIs are served. */
  readonly asking: boolean;
}

interface Rendered {
  readonly job: Job;
  /** Undefined for an upgrade that can't be rendered here. */
  readonly text: string | undefined;
}

async function mentionsOf(
  uses: readonly ChartUse[],
  versions: readonly string[],
): Promise<(use: ChartUse) => ChartMentions> {
  const found = await mapLimited(uses, WIDTH, async (use) =>
    both(await chartMentions(use.chart, versions), valuesMention(use.values)),
  );
  const known = new Map(uses.map((use, index) => [use, found[index]]));
  return (use) => known.get(use) ?? NOTHING;
}

/** With nothing but Kubernetes' own APIs, as a new release and, where that matters, as one that is upgraded. */
function plainJobs(use: ChartUse, mentions: ChartMentions, range: ClusterRange): Job[] {
  const { version: ofMany, apis: asking, upgrade } = mentions;
  const versions = ofMany ? range.versions : range.versions.slice(-1);
  const ways = upgrade ? [false, true] : [false];
  return versions.flatMap((version) =>
    ways.map((isUpgrade) => ({ use, version, apis: [], isUpgrade, ofMany, asking })),
  );
}

/** With the APIs of the release's own CRDs, and with the declared ones too. */
function jobsWithApis(asking: readonly ChartUse[], own: readonly string[], range: ClusterRange): Job[] {
  const declared = range.apiVersions.length === 0 ? [] : [...own, ...withGroups(range.apiVersions)];
  return [own, declared]
    .filter((apis) => apis.length > 0)
    .flatMap((apis) =>
      asking.flatMap((use) =>
        range.versions.map((version) => ({ use, version, apis, ofMany: true, asking: true })),
      ),
    );
}

async function render(
  helm: Helm,
  job: Job,
  hidden: HiddenApis,
  { signal, onWarning, onText }: RenderOptions,
): Promise<Rendered> {
  const { use, version, apis, isUpgrade = false, asking } = job;
  const { name, namespace, values } = use;
  const served = [...servedApis(version), ...apis];
  const chart = asking ? await hidden.chartFor(use.chart, new Set(served)) : use.chart;
  try {
    const text = await helm.template({
      ...{ name, namespace, chart, values, isUpgrade, signal },
      includeCrds: true,
      kubeVersion: version,
      apiVersions: served,
      onWarning: (warning) => onWarning?.(use.where, warning),
    });
    onText?.(use, text);
    return { job, text };
  } catch (error) {
    // Many charts refuse an upgrade unless they find in the cluster what an earlier install has left there.
    if (isUpgrade && isSkerryError(error, 'HELM_RENDER_FAILED')) return { job, text: undefined };
    throw ofVersion(error, job);
  }
}

// A chart may fail for one version alone, and what it says need not say for which.
function ofVersion(error: unknown, { use, version, ofMany }: Job): unknown {
  if (!ofMany || !isSkerryError(error, 'HELM_RENDER_FAILED')) return error;
  return applyError('HELM_RENDER_FAILED', {
    subject: `${use.name} from ${use.chart}`,
    detail: `for Kubernetes ${version}: ${error.detail ?? ''}`,
    remedy: error.remedy,
    cause: error.cause,
  });
}

function collapse(use: ChartUse, rendered: readonly Rendered[], all: readonly string[]): Rendering[] {
  const texts = new Map<string, Set<string>>();
  for (const { text, job } of rendered) {
    if (text === undefined) continue;
    const versions = texts.get(text) ?? new Set();
    texts.set(text, versions.add(job.version));
  }
  return [...texts].map(([text, versions]) => ({
    use,
    text,
    versions: versions.size === all.length ? [] : all.filter((version) => versions.has(version)),
  }));
}

// A chart may ask for `group/version` or for `group/version/Kind`.
function withGroups(apis: readonly string[]): string[] {
  const groups = apis.map((api) => api.split('/').slice(0, 2).join('/'));
  return [...new Set([...groups, ...apis])];
}

/** The APIs of all CRDs in rendered charts: `group/version` and `group/version/Kind`. */
function crdApis(texts: readonly string[]): string[] {
  const crds = [...new Set(texts)]
    .filter((text) => text.includes('CustomResourceDefinition'))
    .flatMap((text) => parseManifests(crdDocuments(text), 'CRDs'))
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
  return [...new Set(crds.flatMap(apisOf))].sort();
}

// CRDs are most of the text of many charts, and reading YAML is slow: nothing else is read here.
function crdDocuments(text: string): string {
  return text
    .split(/^---(?=\s|$)/m)
    .filter((document) => /^kind:\s*["']?CustomResourceDefinition/m.test(document))
    .join('\n---\n');
}

function apisOf(crd: KubeObject): string[] {
  const group = textAt(crd, 'spec', 'group');
  const kind = textAt(crd, 'spec', 'names', 'kind');
  return listAt(crd, 'spec', 'versions').flatMap((version) => {
    const name =
      isJsonObject(version) && at(version, 'served') !== false ? textAt(version, 'name') : undefined;
    return name === undefined ? [] : [`${group}/${name}`, `${group}/${name}/${kind}`];
  });
}
