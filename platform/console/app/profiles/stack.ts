import type { Profile } from '../../../client/kinds.ts';

export type PackUse = Profile['spec']['packs'][number];

/** The layers of a cluster from the ground up. */
export const LAYERS = ['os', 'kubernetes', 'network', 'storage', 'addon'] as const;
export type Layer = (typeof LAYERS)[number];

export const LAYER_NAMES: Readonly<Record<Layer, string>> = {
  os: 'Operating system',
  kubernetes: 'Kubernetes',
  network: 'Network',
  storage: 'Storage',
  addon: 'Add-ons',
};

export interface StackLayer {
  readonly layer: Layer;
  readonly packs: readonly PackUse[];
}

/** The packs of a profile by layer, those that stand on others first; what is not in the catalogue is an add-on. */
export function stackOf(
  packs: readonly PackUse[],
  layerOfPack: (name: string) => string | undefined,
): StackLayer[] {
  const layerOf = (name: string): Layer => LAYERS.find((layer) => layer === layerOfPack(name)) ?? 'addon';
  return LAYERS.map((layer) => ({
    layer,
    packs: packs.filter(({ name }) => layerOf(name) === layer),
  })).filter(({ packs: some }) => some.length > 0);
}
