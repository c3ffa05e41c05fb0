import { findImages, type ImageFinding } from '../apply/find-images.ts';
import type { ChartInput, Helm } from '../apply/helm.ts';
import { parseManifests } from '../apply/manifest.ts';
import { mapLimited } from '../content/limit.ts';
import type { CallOptions } from '../content/store.ts';
import type { Pack } from './pack.ts';
import type { ReleaseFile } from './release.ts';

/** An image reference, and why the release needs it. */
export interface Discovery extends Pick<ImageFinding, 'reference' | 'certainty'> {
  /** Component or pack, object and field, e.g. `component hub: Deployment.apps skerry-system/hub spec.…image`. */
  readonly where: string;
  /** The component in whose chart it was found. */
  readonly component?: string | undefined;
  /** The pack in whose chart it was found. */
  readonly pack?: string | undefined;
}

export interface FoundPack {
  readonly pack: Pack;
  readonly folder: string;
  readonly chart: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Rendering is short work of another program; two at a time keep both cores busy. */
const WIDTH = 2;

/**
 * Renders every chart as it will be installed, and packs with their default values and each preset, and collects the
 * images. Throws HELM_RENDER_FAILED.
 */
export async function discoverImages(
  helm: Helm,
  file: ReleaseFile,
  packs: readonly FoundPack[],
  options: CallOptions = {},
): Promise<Discovery[]> {
  const named = file.release.images.map(
    (reference): Discovery => ({ reference, certainty: 'sure', where: `images in ${file.path}` }),
  );
  const renderings = [
    ...file.release.components.map((component) => ofComponent(file, component)),
    ...packs.flatMap(variants),
  ];
  const found = await mapLimited(renderings, WIDTH, async ({ where, owner, ...chart }) => {
    const rendered = await helm.template({ ...chart, includeCrds: true, signal: options.signal });
    return discoveries(rendered, where).map((discovery) => ({ ...discovery, ...owner }));
  });
  return [...named, ...found.flat()];
}

/** One way in which a chart will be installed. */
interface Rendering extends Pick<ChartInput, 'name' | 'namespace' | 'chart' | 'values'> {
  readonly where: string;
  readonly owner: Pick<Discovery, 'component' | 'pack'>;
}

function ofComponent(
  file: ReleaseFile,
  { name, namespace, chart, values }: ReleaseFile['release']['components'][number],
): Rendering {
  return {
    name,
    namespace,
    chart: file.resolve(chart),
    values,
    where: `component ${name}`,
    owner: { component: name },
  };
}

function discoveries(rendered: string, where: string): Discovery[] {
  const found = findImages(parseManifests(rendered, where));
  return found.map(({ reference, certainty, object, path }) => ({
    reference,
    certainty,
    where: `${where}: ${object} ${path}`,
  }));
}

function variants({ pack, chart, values }: FoundPack): Rendering[] {
  const plain = {
    name: pack.name,
    namespace: 'default',
    chart,
    values,
    where: `pack ${pack.name}`,
    owner: { pack: pack.name },
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
