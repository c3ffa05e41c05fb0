import { glob } from 'node:fs/promises';

/** Where nothing of the project's own sources is. */
const OUTSIDE = new Set(['node_modules', 'dist', '.git']);

/** Paths of the project's own files from its root, with slashes, sorted. */
export async function projectFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  const entries = glob('**/*', {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => OUTSIDE.has(entry.name),
  });
  for await (const entry of entries) {
    if (entry.isFile()) files.push(`${entry.parentPath}/${entry.name}`.slice(root.length + 1));
  }
  return files.map((path) => path.replaceAll('\\', '/')).sort();
}
