import { writeFile } from 'node:fs/promises';
import { MemoryStore } from '../../content/memory.ts';
import { apiRoutes } from './api.ts';
import { Catalog } from './catalog.ts';
import { openApiDocument } from './openapi.ts';

export const OPENAPI_FILE = new URL('../../docs/openapi.json', import.meta.url);

/** docs/openapi.json, what the hub answers at /openapi.json. */
export function openApiJson(): string {
  const now = () => 0;
  const signal = new AbortController().signal;
  const catalog = new Catalog({ store: new MemoryStore(), prefix: 'packs', now, signal });
  const kubernetes = { listProfiles: async () => ({ items: [], next: undefined }) };
  const routes = apiRoutes({ catalog, kubernetes, version: '', checks: [], now });
  return `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;
}

if (import.meta.main) await writeFile(OPENAPI_FILE, openApiJson());
