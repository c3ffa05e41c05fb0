import { parseManifests } from '../../apply/manifest.ts';
import type { KubeObject } from '../../apply/object.ts';

/** As `renderCharts` gives it, as far as it matters here. */
interface RenderedText {
  readonly use: { readonly where: string };
  readonly text: string;
}

const known = new WeakMap<RenderedText, readonly KubeObject[]>();

/**
 * The objects of a rendering. Several look at them, and reading YAML takes longer than anything they do: it is read once
 * for as long as the rendering is there. Throws MANIFESTS_UNREADABLE.
 */
export function renderedObjects(rendering: RenderedText): readonly KubeObject[] {
  const objects = known.get(rendering) ?? parseManifests(rendering.text, rendering.use.where);
  known.set(rendering, objects);
  return objects;
}

/** Spares the reading of a rendering whose objects, all of them, are known. */
export function knowObjects(rendering: RenderedText, objects: readonly KubeObject[]): void {
  known.set(rendering, objects);
}
