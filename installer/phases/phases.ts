import { type LockedRelease, registryOf } from '../../bundle/locked-release.ts';
import { addressAtWorkstation, addressInCluster } from './address.ts';
import { componentPhase } from './component.ts';
import { copyContent } from './copy.ts';
import { imagesOfLaterPods } from './images.ts';
import type { Phase } from './phase.ts';

/**
 * All phases of a release: the registry first, then its content, then everything that is pulled from it. Throws
 * RELEASE_NOT_INSTALLABLE.
 */
export function phasesOf(
  release: Pick<LockedRelease, 'name' | 'version' | 'registry'> & {
    components: readonly { readonly name: string }[];
  },
): Phase[] {
  const registry = registryOf(release);
  const others = release.components.filter(({ name }) => name !== registry);
  return [
    addressAtWorkstation,
    componentPhase(registry),
    copyContent,
    addressInCluster,
    imagesOfLaterPods,
    ...others.map(({ name }) => componentPhase(name)),
  ];
}
