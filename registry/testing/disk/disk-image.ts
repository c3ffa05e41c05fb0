import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DiskFile, type Random } from './disk-file.ts';
import { DiskFolder, type DiskNode } from './disk-folder.ts';

/** Files that a power cut left: contents by path, undefined for folders. */
export type Wreck = ReadonlyMap<string, Buffer | undefined>;

/** What a disk keeps of a folder, by what was written and synced there; all of it is durable at first. */
export class DiskImage {
  readonly root: string;
  readonly #top = new DiskFolder();

  constructor(root: string) {
    this.root = root;
    load(root, this.#top);
  }

  find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#top;
    for (const name of namesOf(relative(this.root, path)))
      node = node instanceof DiskFolder ? node.entries.get(name) : undefined;
    return node;
  }

  /** A file that was opened, and made if it was not there. */
  openFile(path: string): DiskNode {
    const found = this.find(path);
    if (found !== undefined) return found;
    const file = new DiskFile();
    this.#parent(path)?.change([nameOf(path), file]);
    return file;
  }

  makeFolder(path: string): void {
    if (this.find(path) !== undefined || relative(this.root, path) === '') return;
    this.makeFolder(dirname(path));
    this.#parent(path)?.change([nameOf(path), new DiskFolder()]);
  }

  rename(from: string, to: string): void {
    const node = this.find(from);
    const [source, target] = [this.#parent(from), this.#parent(to)];
    const [gone, come] = [[nameOf(from), undefined] as const, [nameOf(to), node] as const];
    if (source === target) {
      source?.change(gone, come);
    } else {
      source?.change(gone);
      target?.change(come);
    }
  }

  remove(path: string): void {
    if (this.find(path) !== undefined) this.#parent(path)?.change([nameOf(path), undefined]);
  }

  /** What a power cut at this moment leaves; as many things are possible as there are random numbers. */
  cut(random: Random): Wreck {
    const left = new Map<string, Buffer | undefined>();
    const collect = (folder: DiskFolder, at: string) => {
      for (const [name, node] of folder.cut(random)) {
        const path = join(at, name);
        left.set(path, node instanceof DiskFolder ? undefined : node.cut(random));
        if (node instanceof DiskFolder) collect(node, path);
      }
    };
    collect(this.#top, '');
    return left;
  }

  #parent(path: string): DiskFolder | undefined {
    const node = this.find(dirname(path));
    return node instanceof DiskFolder ? node : undefined;
  }
}

export function restoreWreck(wreck: Wreck, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of wreck)
    if (bytes === undefined) mkdirSync(join(folder, path), { recursive: true });
    else writeFileSync(join(folder, path), bytes);
}

function load(path: string, into: DiskFolder): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory() && !entry.isFile()) continue;
    const at = join(path, entry.name);
    const node = entry.isDirectory() ? new DiskFolder() : new DiskFile(readFileSync(at));
    if (node instanceof DiskFolder) load(at, node);
    into.change([entry.name, node]);
  }
  into.beginSync()(true);
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function nameOf(path: string): string {
  return namesOf(path).at(-1) ?? '';
}
