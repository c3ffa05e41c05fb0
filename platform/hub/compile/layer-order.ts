/** A layer as far as its place is concerned. */
export interface Ordered {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/**
 * Layers in the order in which they are given, but each after all that it depends on. The circle, with its first name
 * again at its end, where there is one. Names that are no layer's are passed over.
 */
export function orderLayers<T extends Ordered>(
  layers: readonly T[],
): { readonly order: readonly T[] } | { readonly cycle: readonly string[] } {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const done = new Set<string>();
  const order: T[] = [];
  const visit = (layer: T, above: readonly string[]): readonly string[] | undefined => {
    const start = above.indexOf(layer.name);
    if (start !== -1) return [...above.slice(start), layer.name];
    if (done.has(layer.name)) return undefined;
    for (const name of layer.dependsOn) {
      const needed = byName.get(name);
      const cycle = needed === undefined ? undefined : visit(needed, [...above, layer.name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(layer.name);
    order.push(layer);
    return undefined;
  };
  for (const layer of layers) {
    const cycle = visit(layer, []);
    if (cycle !== undefined) return { cycle };
  }
  return { order };
}
