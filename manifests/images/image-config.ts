import type { Layer } from './layer.ts';
import { NONROOT, type Recipe } from './recipe.ts';

/** The start of Unix time: an image does not tell when it was made, so that it can be made again. */
const CREATED = '1970-01-01T00:00:00Z';

/** The image configuration (image-spec, config.md), its keys in a fixed order. */
export function imageConfig(recipe: Recipe, version: string, architecture: string, layers: readonly Layer[]) {
  const { env = {}, command, ports, volumes, stopSignal } = recipe;
  return {
    created: CREATED,
    architecture,
    os: 'linux',
    config: {
      User: recipe.user === 'root' ? '0:0' : `${NONROOT.uid}:${NONROOT.gid}`,
      ...(ports === undefined ? {} : { ExposedPorts: asSet(ports) }),
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/usr/sbin', ...env }).map(([k, v]) => `${k}=${v}`),
      Entrypoint: recipe.entrypoint,
      ...(command === undefined ? {} : { Cmd: command }),
      ...(volumes === undefined ? {} : { Volumes: asSet(volumes) }),
      WorkingDir: recipe.workingFolder ?? '/',
      Labels: annotationsOf(recipe, version),
      ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({ created: CREATED, created_by: `skerry image recipe: ${name}` })),
  };
}

/** The predefined annotation keys of image-spec, annotations.md; as labels too, where most tools look. */
export function annotationsOf(recipe: Recipe, version: string): Record<string, string> {
  return {
    'org.opencontainers.image.title': recipe.title,
    'org.opencontainers.image.description': recipe.description,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': recipe.licenses,
  };
}

function asSet(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
