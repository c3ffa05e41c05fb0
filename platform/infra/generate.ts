import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type CustomResource, definitionOf } from '../api/custom-resource.ts';
import { infraKinds } from './api/kinds.ts';

const FOLDER = new URL('../../manifests/packs/infra/chart/crds/', import.meta.url);

export function infraDefinitionFile({ group, plural }: CustomResource): URL {
  return new URL(`${group}_${plural}.yaml`, FOLDER);
}

/** The CustomResourceDefinition as pack infra carries it. */
export function infraDefinitionYaml(resource: CustomResource): string {
  const note = '# Made by "node platform/infra/generate.ts" from platform/infra/api; change it there.\n';
  return note + stringify(definitionOf(resource), { lineWidth: 0, aliasDuplicateObjects: false });
}

if (import.meta.main) {
  await mkdir(FOLDER, { recursive: true });
  for (const kind of infraKinds) await writeFile(infraDefinitionFile(kind), infraDefinitionYaml(kind));
}
