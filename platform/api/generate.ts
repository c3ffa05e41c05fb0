import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type CustomResource, definitionOf } from './custom-resource.ts';
import { kinds } from './kinds.ts';

const FOLDER = new URL('../../manifests/charts/hub/crds/', import.meta.url);

/** Where a kind's CustomResourceDefinition is kept, as generators of such files commonly name it. */
export function definitionFile({ group, plural }: CustomResource): URL {
  return new URL(`${group}_${plural}.yaml`, FOLDER);
}

/** The CustomResourceDefinition as the chart carries it. */
export function definitionYaml(resource: CustomResource): string {
  const note = '# Made by "node platform/api/generate.ts" from platform/api; change it there.\n';
  return note + stringify(definitionOf(resource), { lineWidth: 0, aliasDuplicateObjects: false });
}

if (import.meta.main) {
  await mkdir(FOLDER, { recursive: true });
  for (const kind of kinds) await writeFile(definitionFile(kind), definitionYaml(kind));
}
