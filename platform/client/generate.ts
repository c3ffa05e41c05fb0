import { readFile, writeFile } from 'node:fs/promises';
import { clientSource } from './generator/client-source.ts';
import { Document } from './generator/document.ts';

const OPENAPI_FILE = new URL('../../docs/openapi.json', import.meta.url);
export const CLIENT_FILE = new URL('operations.ts', import.meta.url);

/** operations.ts, the types and schemas of what docs/openapi.json describes; not formatted yet. */
export async function generatedClient(): Promise<string> {
  const json: unknown = JSON.parse(await readFile(OPENAPI_FILE, 'utf8'));
  return clientSource(Document.parse(json));
}

if (import.meta.main) await writeFile(CLIENT_FILE, await generatedClient());
