import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { messageOf } from '../../content/error.ts';
import { imageError } from './errors.ts';
import { contentOfBytes, contentOfFile, type FileContent } from './file-content.ts';
import { FileTree, type Owned, ROOT } from './file-tree.ts';
import { addLibraries, type Take } from './libraries.ts';
import type { PackageSource, UnpackedPackage } from './package-source.ts';
import { type BuildInputs, type FileRecipe, type LayerRecipe, NONROOT, packagesOf } from './recipe.ts';

export interface LayerSources {
  readonly packages: PackageSource;
  readonly inputs: BuildInputs;
}

/**
 * Puts together the files of one layer: what the recipe names, the shared libraries that its programs need and the
 * `lower` layers don't have, and for each package its licence and its control file, by which scanners know it.
 */
export async function layerTree(
  recipe: LayerRecipe,
  lower: readonly FileTree[],
  sources: LayerSources,
): Promise<FileTree> {
  const tree = new FileTree();
  const take = takerInto(tree, sources.packages);
  const packages = await sources.packages.withLibraries(packagesOf(recipe));
  const used = new Set<UnpackedPackage>();
  for (const [name, patterns] of Object.entries(recipe.packages ?? {})) {
    const from = packageNamed(packages, name);
    used.add(from);
    for (const pattern of patterns) await takeMatching(take, from, pattern);
  }
  for (const [path, file] of Object.entries(recipe.files ?? {})) {
    if ('concat' in file) used.add(packageNamed(packages, file.concat.package));
    tree.addFile(path, await contentOf(file, packages, sources), file.mode);
  }
  for (const [path, { input }] of Object.entries(recipe.folders ?? {}))
    await addFolder(tree, path, input, sources.inputs(input));
  for (const [path, { mode = 0o755, owner = 'root' }] of Object.entries(recipe.directories ?? {})) {
    tree.add(path, { type: 'directory', mode, ...ownerOf(owner) });
  }
  for (const [path, target] of Object.entries(recipe.symlinks ?? {})) {
    tree.add(path, { type: 'symlink', target, ...ROOT });
  }
  for (const from of await addLibraries(tree, lower, packages, take)) used.add(from);
  for (const from of used) await addPapers(tree, from, packages, take);
  return tree;
}

function packageNamed(packages: readonly UnpackedPackage[], name: string): UnpackedPackage {
  const found = packages.find((item) => item.name === name);
  if (found === undefined) throw imageError('IMAGE_PACKAGE_UNKNOWN', { subject: name });
  return found;
}

async function takeMatching(take: Take, from: UnpackedPackage, pattern: string): Promise<void> {
  const matching = [...from.files].filter(([path]) => posix.matchesGlob(path, pattern));
  if (matching.length === 0) {
    throw imageError('IMAGE_PATH_UNMATCHED', { subject: `${from.name} ${from.version}`, detail: pattern });
  }
  for (const [path, file] of matching) await take(path, file);
}

// Owner and special mode bits of the package are dropped: no file in an image is setuid.
function takerInto(tree: FileTree, packages: PackageSource): Take {
  return async (path, file) => {
    if (tree.get(path) !== undefined) return;
    if (file.target !== undefined) tree.add(path, { type: 'symlink', target: file.target, ...ROOT });
    else tree.addFile(path, await packages.content(file), file.executable ? 0o755 : 0o644);
  };
}

async function addFolder(tree: FileTree, path: string, input: string, folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw imageError('IMAGE_INPUT_MISSING', { subject: folder, detail: messageOf(cause), cause });
  });
  for (const name of names.sort())
    tree.addFile(posix.join(path, name), await contentOfFile(join(folder, name), `${input}/${name}`));
}

async function contentOf(
  file: FileRecipe,
  packages: readonly UnpackedPackage[],
  sources: LayerSources,
): Promise<FileContent> {
  if ('text' in file) return contentOfBytes(file.text);
  if ('input' in file) return await contentOfFile(sources.inputs(file.input), file.input);
  const from = packageNamed(packages, file.concat.package);
  const parts: Uint8Array[] = [];
  for (const path of [...from.files.keys()].sort()) {
    const part = from.files.get(path);
    if (part === undefined || !posix.matchesGlob(path, file.concat.pattern)) continue;
    const { read } = await sources.packages.content(part);
    for await (const chunk of read()) parts.push(chunk);
  }
  if (parts.length === 0) {
    throw imageError('IMAGE_PATH_UNMATCHED', { subject: from.name, detail: file.concat.pattern });
  }
  return contentOfBytes(Buffer.concat(parts));
}

function ownerOf(owner: 'root' | 'nonroot'): Owned {
  return owner === 'nonroot' ? NONROOT : ROOT;
}

/** The copyright file must travel with the files; the control file goes where image scanners look for it. */
async function addPapers(
  tree: FileTree,
  from: UnpackedPackage,
  packages: readonly UnpackedPackage[],
  take: Take,
): Promise<void> {
  tree.addFile(`var/lib/dpkg/status.d/${from.name}`, contentOfBytes(from.control));
  const folder = `usr/share/doc/${from.name}`;
  const link = from.files.get(folder);
  const copyright = from.files.get(`${folder}/copyright`);
  if (copyright !== undefined) await take(`${folder}/copyright`, copyright);
  if (link?.target === undefined) return;
  await take(folder, link);
  // The doc folder may be that of another package of the same source.
  const other = packages.find(({ name }) => name === posix.basename(link.target ?? ''));
  if (other !== undefined) await addPapers(tree, other, packages, take);
}
