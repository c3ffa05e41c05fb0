import { cliReference } from './cli-reference.ts';
import { errorReference } from './error-reference.ts';
import { errorRooms } from './error-rooms.ts';
import { wholeProgram } from './program.ts';
import { providerReference } from './provider-reference.ts';
import { schemaFile, schemas } from './schema-file.ts';

/** The text of every generated document by its path from the root of the project. */
export async function references(): Promise<Map<string, string>> {
  return new Map([
    ['docs/errors.md', errorReference(errorRooms)],
    ['docs/terraform-reference.md', await providerReference()],
    ['docs/cli.md', cliReference(await wholeProgram())],
    ...schemas.map((described): [string, string] => [described.path, schemaFile(described)]),
  ]);
}
