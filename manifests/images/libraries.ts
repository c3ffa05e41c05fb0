import { posix } from 'node:path';
import { linkageOf } from './elf.ts';
import { imageError } from './errors.ts';
import type { FileTree } from './file-tree.ts';
import type { PackageFile, UnpackedPackage } from './package-source.ts';

type Take = (tree: FileTree, path: string, file: PackageFile) => Promise<void>;

/**
 * Adds the shared libraries that the programs in `tree` need, and those that these need, as far as no `lower` layer
 * has them. Returns the packages that gave one. Throws IMAGE_LIBRARY_MISSING.
 */
export async function addLibraries(
  tree: FileTree,
  lower: readonly FileTree[],
  packages: readonly UnpackedPackage[],
  take: Take,
): Promise<Set<UnpackedPackage>> {
  const used = new Set<UnpackedPackage>();
  const present = namesIn([tree, ...lower]);
  const read = new Set<string>();
  for (let pending = unread(tree, read); pending.length > 0; pending = unread(tree, read)) {
    for (const { path, location } of pending) {
      read.add(path);
      for (const name of await librariesOf(location)) {
        if (present.has(name)) continue;
        used.add(await takeLibrary(tree, name, path, packages, take));
        present.add(name);
      }
    }
  }
  return used;
}

function namesIn(trees: readonly FileTree[]): Set<string> {
  return new Set(trees.flatMap((tree) => tree.entries().map(({ path }) => posix.basename(path))));
}

function unread(tree: FileTree, read: ReadonlySet<string>): { path: string; location: string }[] {
  return tree.entries().flatMap((entry) => {
    if (entry.type !== 'file' || entry.content.location === undefined || read.has(entry.path)) return [];
    return [{ path: entry.path, location: entry.content.location }];
  });
}

async function librariesOf(location: string): Promise<string[]> {
  const linkage = await linkageOf(location);
  if (linkage === undefined) return [];
  const loader = linkage.interpreter === undefined ? [] : [posix.basename(linkage.interpreter)];
  return [...linkage.needed, ...loader];
}

async function takeLibrary(
  tree: FileTree,
  name: string,
  neededBy: string,
  packages: readonly UnpackedPackage[],
  take: Take,
): Promise<UnpackedPackage> {
  for (const from of packages) {
    for (const [path, file] of from.files) {
      if (posix.basename(path) !== name || !isLibraryFolder(posix.dirname(path))) continue;
      await take(tree, path, file);
      await takeTarget(tree, from, path, file, take);
      return from;
    }
  }
  throw imageError('IMAGE_LIBRARY_MISSING', { subject: name, detail: `needed by ${neededBy}` });
}

// libz.so.1 is a link to libz.so.1.2.13 beside it, in the same package.
async function takeTarget(
  tree: FileTree,
  from: UnpackedPackage,
  path: string,
  { target }: PackageFile,
  take: Take,
): Promise<void> {
  if (target === undefined) return;
  const real = posix.resolve('/', posix.dirname(path), target).slice(1);
  const file = from.files.get(real);
  if (file === undefined)
    throw imageError('IMAGE_LIBRARY_MISSING', { subject: real, detail: `target of ${path}` });
  await take(tree, real, file);
  await takeTarget(tree, from, real, file, take);
}

// The folders that Debian's dynamic linker looks in by itself; private folders of a package are not for others.
function isLibraryFolder(folder: string): boolean {
  return /^usr\/lib(?:64|\/[a-z0-9_]+-linux-[a-z0-9]+)?$/.test(folder);
}
