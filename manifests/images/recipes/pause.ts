import type { Recipe } from '../recipe.ts';

/** The process that holds a pod's namespaces. Nothing but one static program; as small as a pod's first pull can be. */
export const pauseRecipe: Recipe = {
  name: 'pause',
  tag: '1.0.0',
  title: 'pause',
  description: 'Holds the namespaces of a pod and waits.',
  licenses: 'Apache-2.0',
  version: '1.0.0',
  layers: [{ name: 'pause', files: { pause: { input: 'pause', mode: 0o755 } } }],
  user: 'nonroot',
  entrypoint: ['/pause'],
  probe: { command: ['/pause'], ends: 'on-sigterm' },
};
