import { z } from 'zod';
import type { ReleaseFolder } from './release-folder.ts';

const Version = z.looseObject({
  name: z.string(),
  served: z.boolean(),
  storage: z.boolean(),
  schema: z.unknown(),
});
const Crd = z.looseObject({ spec: z.looseObject({ versions: z.array(Version) }) });

export interface NotesVersion {
  readonly name: string;
  readonly fields: readonly string[];
  readonly required?: readonly string[];
  readonly storage?: boolean;
}

/** Gives the CRD of `notes` other versions; the last one that says so is stored, the first one otherwise. */
export async function setNotesVersions(
  folder: ReleaseFolder,
  versions: readonly NotesVersion[],
): Promise<void> {
  const stored = versions.find(({ storage }) => storage === true) ?? versions[0];
  await folder.edit('charts/notes/crds/notes.yaml', Crd, (crd) => ({
    ...crd,
    spec: {
      ...crd.spec,
      versions: versions.map(({ name, fields, required }) => ({
        name,
        served: true,
        storage: name === stored?.name,
        schema: { openAPIV3Schema: schemaOf(fields, required ?? []) },
      })),
    },
  }));
}

function schemaOf(fields: readonly string[], required: readonly string[]) {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: 'string' }]));
  const spec = { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
  return { type: 'object', properties: { spec } };
}
