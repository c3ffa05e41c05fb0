import { imageMap } from '../../../bundle/locked-release.ts';
import { applyImageWay } from '../../images/image-way.ts';
import { REGISTRY_ADDRESS } from '../../names.ts';
import type { UpgradePhase } from '../upgrade-phase.ts';

/**
 * Pods that are made later get images of both releases while components of both run. Pods that are there stay as they are.
 */
export const imagesOfBoth: UpgradePhase = {
  id: 'images',
  title: 'Have pods that are made later find images of both releases',
  run: async ({ client, bundle, from, journal, signal }) => {
    const images = new Map([
      ...imageMap(from, REGISTRY_ADDRESS),
      ...imageMap(bundle.release, REGISTRY_ADDRESS),
    ]);
    await applyImageWay({ client, images, id: journal.installation.id, signal });
  },
  back: {
    title: 'Have pods that are made later find images of the release before',
    run: async ({ client, before, journal, signal }) => {
      const images = imageMap((await before()).release, REGISTRY_ADDRESS);
      await applyImageWay({ client, images, id: journal.installation.id, signal });
    },
  },
};
