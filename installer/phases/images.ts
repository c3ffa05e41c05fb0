import { imageMap } from '../../bundle/locked-release.ts';
import { imageKeys } from '../images/image-keys.ts';
import { applyImageWay, describeImageWay, removeImageWay } from '../images/image-way.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import type { Phase } from './phase.ts';

/** Pods that operators and others make later pull images of the release from the private registry. */
export const imagesOfLaterPods: Phase = {
  id: 'images',
  plan: ({ done, mend }) => ({
    title: `Have pods that are made later pull from ${REGISTRY_ADDRESS}`,
    state: done.has('images') && !mend.has('images') ? 'done' : 'run',
  }),
  run: async ({ client, bundle, journal, signal }, onProgress) => {
    const images = imageMap(bundle.release, REGISTRY_ADDRESS);
    const way = await applyImageWay({ client, images, id: journal.installation.id, signal });
    const { left } = imageKeys(images);
    const more = left.length === 0 ? '' : `; names that are too long for it: ${left.join(', ')}`;
    onProgress(`${describeImageWay(way)}${more}`);
  },
  undo: ({ client, signal }) => removeImageWay(client, signal),
};
