import type { LockedRelease } from '../../bundle/locked-release.ts';
import { addressAtWorkstation, addressInCluster } from './address.ts';
import { componentPhase } from './component.ts';
import { copyContent } from './copy.ts';
import { imagesOfLaterPods } from './images.ts';
import type { Phase } from './phase.ts';

/** All phases of a release: the registry first, then its content, then everything that is pulled from it. */
export function phasesOf({
  registry,
  components,
}: Pick<LockedRelease, 'registry'> & { components: readonly { readonly name: string }[] }): Phase[] {
  const others = components.filter(({ name }) => name !== registry.component);
  return [
    addressAtWorkstation,
    componentPhase(registry.component),
    copyContent,
    addressInCluster,
    imagesOfLaterPods,
    ...others.map(({ name }) => componentPhase(name)),
  ];
}
