import { posix } from 'node:path';
import { linkageOf } from './elf.ts';
import { imageError } from './errors.ts';
import { canonicalPath, type FileTree } from './file-tree.ts';
import type { PackageFile, UnpackedPackage } from './package-source.ts';

/** Takes a file of a package into the layer, under this path. */
export type Take = (path: string, file: PackageFile) => Promise<void>;

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
  const trees = [tree, ...lower];
  const read = new Set<string>();
  for (let pending = unread(tree, read); pending.length > 0; pending = unread(tree, read)) {
    for (const { path, location } of pending) {
      read.add(path);
      for (const library of await librariesOf(location)) {
        if (trees.some((one) => holds(one, library))) continue;
        used.add(await takeLibrary(library, path, packages, take));
      }
    }
  }
  return used;
}

/** A shared library by its name, to be found in the linker's folders; or the dynamic linker, by its path. */
type Library = { readonly name: string } | { readonly path: string };

function matches(library: Library, path: string): boolean {
  if ('path' in library) return path === library.path;
  return posix.basename(path) === library.name && isLibraryFolder(posix.dirname(path));
}

function holds(tree: FileTree, library: Library): boolean {
  return tree.entries().some(({ path }) => matches(library, path));
}

function unread(tree: FileTree, read: ReadonlySet<string>): { path: string; location: string }[] {
  return tree.entries().flatMap((entry) => {
    if (entry.type !== 'file' || entry.content.location === undefined || read.has(entry.path)) return [];
    return [{ path: entry.path, location: entry.content.location }];
  });
}

async function librariesOf(location: string): Promise<Library[]> {
  const linkage = await linkageOf(location);
  if (linkage === undefined) return [];
  const { needed, interpreter } = linkage;
  const linker = interpreter === undefined ? [] : [{ path: canonicalPath(interpreter) }];
  return [...needed.map((name) => ({ name })), ...linker];
}

async function takeLibrary(
  library: Library,
  neededBy: string,
  packages: readonly UnpackedPackage[],
  take: Take,
): Promise<UnpackedPackage> {
  for (const from of packages) {
    for (const [path, file] of from.files) {
      if (!matches(library, path)) continue;
      await take(path, file);
      await takeTarget(from, path, file, take);
      return from;
    }
  }
  const subject = 'path' in library ? library.path : library.name;
  throw imageError('IMAGE_LIBRARY_MISSING', { subject, detail: `needed by ${neededBy}` });
}

// libz.so.1 is a link to libz.so.1.2.13 beside it, in the same package.
async function takeTarget(
  from: UnpackedPackage,
  path: string,
  { target }: PackageFile,
  take: Take,
): Promise<void> {
  if (target === undefined) return;
  const real = canonicalPath(posix.resolve('/', posix.dirname(path), target));
  const file = from.files.get(real);
  if (file === undefined)
    throw imageError('IMAGE_LIBRARY_MISSING', { subject: real, detail: `target of ${path}` });
  await take(real, file);
  await takeTarget(from, real, file, take);
}

// The folders that Debian's dynamic linker looks in by itself; private folders of a package are not for others.
function isLibraryFolder(folder: string): boolean {
  return /^usr\/lib(?:64|\/[a-z0-9_]+-linux-[a-z0-9]+)?$/.test(folder);
}
