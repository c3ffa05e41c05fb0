import { basename } from 'node:path';
import type { Helm } from '../apply/helm/helm.ts';
import { findImages, type ImageFinding } from '../apply/images/find-images.ts';
import { parseManifests } from '../apply/manifest.ts';
import type { KubeObject } from '../apply/object.ts';
import type { Pack } from './charts/pack.ts';
import { imagesInCrd } from './images/crd-defaults.ts';
import { type KubernetesMinors, minorsOf } from './images/kubernetes-minors.ts';
import { findOperators, type Operator } from './images/operators.ts';
import { knowObjects } from './images/rendered-objects.ts';
import { type ChartUse, type Rendering, type RenderOptions, renderCharts } from './images/renderings.ts';
import type { ReleaseFile } from './release.ts';

/** An image reference, and why the release needs it. */
export interface Discovery extends Pick<ImageFinding, 'reference' | 'certainty'> {
  /** Component or pack, object and field, e.g. `component hub: Deployment.apps skerry-system/hub spec.…image`. */
  readonly where: string;
  /** The component in whose chart it was found. */
  readonly component?: string | undefined;
  /** The pack in whose chart it was found. */
  readonly pack?: string | undefined;
  /** Of the pack: a release may carry several versions of one. */
  readonly packVersion?: string | undefined;
  /** The versions of Kubernetes for which the chart names it; all of the range when absent. */
  readonly versions?: readonly string[] | undefined;
}

export interface FoundPack {
  readonly pack: Pack;
  readonly folder: string;
  readonly chart: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** All that the charts of a release say about images. */
export interface ChartFindings {
  readonly discoveries: readonly Discovery[];
  /** Charts that look like operators of whose images nothing is seen. */
  readonly operators: readonly Operator[];
  /** Charts that ask the cluster for objects: `component hub`. What they name only then is seen on the island alone. */
  readonly lookups: readonly string[];
  /** Charts that refuse to be rendered as an upgrade here. */
  readonly unseenUpgrades: readonly string[];
  readonly kubernetes: KubernetesMinors;
  readonly renderings: readonly Rendering[];
  /** How often helm rendered a chart. */
  readonly runs: number;
}

/**
 * Renders every chart as it will be installed, for every minor of the release's range, and packs with their default
 * values and each preset, and collects the images. Throws HELM_RENDER_FAILED.
 */
export async function discoverImages(
  helm: Helm,
  file: ReleaseFile,
  packs: readonly FoundPack[],
  options: RenderOptions,
): Promise<ChartFindings> {
  const kubernetes = minorsOf(file.release.kubernetes);
  const uses = [
    ...file.release.components.map((component) => ofComponent(file, component)),
    ...packs.flatMap(variants),
  ];
  const range = { versions: kubernetes.versions, apiVersions: file.release.apiVersions };
  const search = new Search();
  const { renderings, lookups, unseenUpgrades, runs } = await renderCharts(helm, uses, range, {
    ...options,
    onText: (use, text) => search.begin({ use, text }),
  });
  const searched = renderings.map((rendering) => ({ rendering, documents: search.documents(rendering) }));
  for (const { rendering, documents } of searched)
    if (documents.every(({ isCrd }) => !isCrd))
      knowObjects(
        rendering,
        documents.flatMap(({ objects }) => objects),
      );
  return {
    discoveries: [
      ...namedIn(file),
      ...merged(
        searched.flatMap(({ rendering, documents }) => discoveriesIn(rendering, documents)),
        kubernetes.versions.length,
      ),
    ],
    operators: findOperators(
      searched.map(({ rendering: { use, text }, documents }) => ({
        use,
        text,
        objects: documents.flatMap(({ objects }) => objects),
        findings: documents.flatMap(({ findings }) => findings),
      })),
    ),
    lookups: ownersOf(lookups),
    unseenUpgrades: ownersOf(unseenUpgrades),
    kubernetes,
    renderings,
    runs,
  };
}

function namedIn(file: ReleaseFile): Discovery[] {
  return file.release.images.map((reference) => ({
    reference,
    certainty: 'sure',
    // The bundle keeps it: the folder it was made in is no part of it.
    where: `images in ${basename(file.path)}`,
  }));
}

/** The owner of a finding in words: `component hub`, `pack podinfo`. */
function ownerOf(component: string | undefined, pack: string | undefined): string {
  return component === undefined ? `pack ${pack}` : `component ${component}`;
}

function ownersOf(uses: readonly ChartUse[]): string[] {
  return [...new Set(uses.map(({ component, pack }) => ownerOf(component, pack)))];
}

interface SearchedDocument {
  /** Its objects are not read then. */
  readonly isCrd: boolean;
  readonly objects: readonly KubeObject[];
  readonly findings: readonly ImageFinding[];
}

/** Most objects of a chart are the same for all versions and presets: each text is read and searched once. */
class Search {
  readonly #known = new Map<string, SearchedDocument>();

  /** So that it is done when it is asked for. What is wrong with the text is told then. */
  begin(rendering: Pick<Rendering, 'text' | 'use'>): void {
    try {
      this.documents(rendering);
    } catch {
      // Told in the order of the charts.
    }
  }

  documents({ text, use }: Pick<Rendering, 'text' | 'use'>): SearchedDocument[] {
    return text
      .split(/^---(?=\s|$)/m)
      .filter((document) => document.trim() !== '')
      .map((document) => {
        const known =
          this.#known.get(document) ??
          (isCrd(document)
            ? { isCrd: true, objects: [], findings: imagesInCrd(document) }
            : search(document, use.where));
        this.#known.set(document, known);
        return known;
      });
  }
}

// Schemas are most of the text of many charts: they are not read as YAML.
function isCrd(document: string): boolean {
  return /^kind:\s*["']?CustomResourceDefinition\b/m.test(document);
}

function search(document: string, where: string): SearchedDocument {
  const objects = parseManifests(document, where);
  return { isCrd: false, objects, findings: findImages(objects) };
}

function discoveriesIn(
  { use: { where, component, pack, packVersion }, versions }: Rendering,
  documents: readonly SearchedDocument[],
): Discovery[] {
  return documents.flatMap(({ findings }) =>
    findings.map(({ reference, certainty, object, path }) => ({
      reference,
      certainty,
      where: `${where}: ${object} ${path}`,
      component,
      pack,
      packVersion,
      versions: versions.length === 0 ? undefined : versions,
    })),
  );
}

/** One of each that stands in the same place, with all versions for which it does. */
function merged(discoveries: readonly Discovery[], all: number): Discovery[] {
  const same = Map.groupBy(discoveries, ({ reference, certainty, where, packVersion }) =>
    [reference, certainty, where, packVersion].join('\n'),
  );
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const versions = [...new Set(group.flatMap((each) => each.versions ?? []))];
    const everywhere = versions.length === all || group.some((each) => each.versions === undefined);
    return [{ ...first, versions: everywhere ? undefined : versions }];
  });
}

function ofComponent(
  file: ReleaseFile,
  { name, namespace, chart, values }: ReleaseFile['release']['components'][number],
): ChartUse {
  return {
    name,
    namespace,
    chart: file.resolve(chart),
    values,
    where: ownerOf(name, undefined),
    component: name,
  };
}

function variants({ pack, chart, values }: FoundPack): ChartUse[] {
  const plain = {
    name: pack.name,
    namespace: 'default',
    chart,
    values,
    where: ownerOf(undefined, pack.name),
    pack: pack.name,
    packVersion: pack.version,
  };
  const presets = pack.presets.map((preset) => ({
    ...plain,
    values: mergeValues(values, preset.values),
    where: `pack ${pack.name}, preset ${preset.name}`,
  }));
  return [plain, ...presets];
}

/** Merges values as Helm does: objects by key, anything else replaced. */
export function mergeValues(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isObject(below) && isObject(value) ? mergeValues(below, value) : value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
