import { dirname, join } from 'node:path/posix';
import { importsOf } from './imports.ts';

/** What comes with a file when it is loaded: packages and Node's own modules, each with the way that leads there. */
export type Loaded = ReadonlyMap<string, readonly string[]>;

/** Follows the static imports of a file through the project; `read` gives the text of a file by its path. */
export function loadedWith(entry: string, read: (path: string) => string): Loaded {
  const ways = new Map<string, readonly string[]>([[entry, [entry]]]);
  const packages = new Map<string, readonly string[]>();
  // A map that grows is gone through to its end.
  for (const [path, way] of ways) {
    for (const specifier of staticImports(path, read)) {
      if (!specifier.startsWith('.')) {
        if (!packages.has(specifier)) packages.set(specifier, way);
        continue;
      }
      const next = join(dirname(path), specifier);
      if (next.endsWith('.ts') && !ways.has(next)) ways.set(next, [...way, next]);
    }
  }
  return packages;
}

function staticImports(path: string, read: (path: string) => string): string[] {
  return importsOf(path, read(path)).flatMap(({ specifier, loads }) =>
    loads === 'first' && specifier !== undefined ? [specifier] : [],
  );
}
