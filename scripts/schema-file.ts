import { z } from 'zod';
import { PackSchema } from '../bundle/charts/pack.ts';
import { ReleaseSchema } from '../bundle/release.ts';
import { MirrorSchema } from '../mirror/file/mirror-schema.ts';

interface DescribedSchema {
  readonly path: string;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

/** The files that people write by hand, for editors to check and complete. */
export const schemas: readonly DescribedSchema[] = [
  {
    path: 'docs/schemas/release.schema.json',
    id: 'https://skerry.dev/schemas/v1/release.schema.json',
    title: 'Skerry release',
    description: 'release.yaml: what a bundle is made of. Paths are relative to the file.',
    schema: ReleaseSchema,
  },
  {
    path: 'docs/schemas/pack.schema.json',
    id: 'https://skerry.dev/schemas/v1/pack.schema.json',
    title: 'Skerry pack',
    description: 'pack.yaml: one add-on integration. Paths are relative to the file.',
    schema: PackSchema,
  },
  {
    path: 'docs/schemas/mirror.schema.json',
    id: 'https://skerry.dev/schemas/v1/mirror.schema.json',
    title: 'Skerry mirror',
    description: 'mirror.yaml: what is kept the same in another place. Paths are relative to the file.',
    schema: MirrorSchema,
  },
];

/** A JSON schema of what an author writes: fields with a default may be left out. */
export function schemaFile({ id, title, description, schema }: DescribedSchema): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ $schema, $id: id, title, description, ...rest }, null, 2)}\n`;
}
