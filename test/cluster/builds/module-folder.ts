import { join } from 'node:path';

/** Where the go.mod and go.sum stand that pin programs of a module. */
export function moduleFolder(module: string): string {
  return join(import.meta.dirname, '../programs', module);
}
