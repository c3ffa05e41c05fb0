import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { isSkerryError } from '../../content/error.ts';
import type { Apt } from './apt.ts';
import { type DebianPackage, fileNameOf, mayHoldLibraries } from './debian-package.ts';
import { imageError } from './errors.ts';
import { contentOfFile, type FileContent } from './file-content.ts';
import { canonicalPath } from './file-tree.ts';
import { walk } from './walk.ts';

/** A package's files on disk. */
export interface UnpackedPackage extends DebianPackage {
  /** Its control file. */
  readonly control: string;
  /** By their path in an image. */
  readonly files: ReadonlyMap<string, PackageFile>;
}

export interface PackageFile {
  readonly type: 'file' | 'symlink';
  /** Where it lies on the disk of this machine. */
  readonly location: string;
  readonly executable: boolean;
  /** Where a symlink points. */
  readonly target?: string;
}

/**
 * Debian packages as a source of files, each fetched and unpacked once per machine into `folder`. Throws
 * IMAGE_PACKAGE_UNKNOWN, IMAGE_PACKAGE_MISMATCH and what Apt throws.
 */
export class PackageSource {
  readonly #apt: Apt;
  readonly #folder: string;
  readonly #known = new Map<string, DebianPackage>();
  readonly #unpacked = new Map<string, Promise<UnpackedPackage>>();
  readonly #contents = new Map<string, Promise<FileContent>>();
  #turn: Promise<unknown> = Promise.resolve();
  #updated = false;

  constructor(apt: Apt, folder: string) {
    this.#apt = apt;
    this.#folder = folder;
  }

  /** These packages and all that may hold shared libraries for them, fetched and unpacked, in order of their names. */
  async withLibraries(names: readonly string[]): Promise<UnpackedPackage[]> {
    // One at a time, so that images built side by side don't fetch the same package twice.
    const turn = this.#turn.then(() => this.#fetchWithLibraries(names));
    this.#turn = turn.catch(() => {});
    return await turn;
  }

  /** The content of a file, hashed once however many images take it. */
  content({ location }: PackageFile): Promise<FileContent> {
    const known = this.#contents.get(location);
    if (known !== undefined) return known;
    const content = contentOfFile(location);
    this.#contents.set(location, content);
    return content;
  }

  async #fetchWithLibraries(names: readonly string[]): Promise<UnpackedPackage[]> {
    const closure = await this.#fetchClosure(names);
    return await Promise.all(closure.map((item) => this.#unpack(item)));
  }

  /** Old package lists name files that the mirror has dropped since; then they are refreshed once. */
  async #fetchClosure(names: readonly string[]): Promise<DebianPackage[]> {
    const closure = await this.#closure(names);
    try {
      await this.#fetch(closure);
      return closure;
    } catch (error) {
      if (!isSkerryError(error, 'IMAGE_PACKAGE_UNAVAILABLE') || !(await this.#update())) throw error;
    }
    this.#known.clear();
    const refreshed = await this.#closure(names);
    await this.#fetch(refreshed);
    return refreshed;
  }

  async #closure(names: readonly string[]): Promise<DebianPackage[]> {
    await this.#look(names);
    const found = new Map<string, DebianPackage>();
    const pending = [...names];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      // A name that only a dependency mentions and no list has is a virtual package.
      const item = this.#known.get(name);
      if (item === undefined || found.has(name)) continue;
      found.set(name, item);
      pending.push(...item.depends.filter(mayHoldLibraries));
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #look(names: readonly string[]): Promise<void> {
    const unknown = () => names.filter((name) => !this.#known.has(name));
    if (unknown().length > 0) await this.#ask(unknown());
    if (unknown().length > 0 && (await this.#update())) await this.#ask(unknown());
    const [first] = unknown();
    if (first !== undefined) throw imageError('IMAGE_PACKAGE_UNKNOWN', { subject: first });
  }

  async #ask(names: readonly string[]): Promise<void> {
    for (const item of await this.#apt.show(names)) this.#known.set(item.name, item);
  }

  async #update(): Promise<boolean> {
    if (this.#updated) return false;
    this.#updated = true;
    return await this.#apt.update();
  }

  async #fetch(packages: readonly DebianPackage[]): Promise<void> {
    const missing: DebianPackage[] = [];
    for (const item of packages) {
      const present = await exists(join(this.#folder, fileNameOf(item), 'control'));
      if (!present) missing.push(item);
    }
    if (missing.length === 0) return;
    await mkdir(this.#folder, { recursive: true });
    const folder = await mkdtemp(join(this.#folder, '.download-'));
    try {
      await this.#apt.download(missing, folder);
      for (const item of missing) await this.#keep(item, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Unpacks a fetched file beside its place and moves it there whole, so that a half-unpacked package is never met. */
  async #keep(item: DebianPackage, folder: string): Promise<void> {
    const deb = await findDeb(item, folder);
    await checkDeb(item, deb);
    const unpacked = join(folder, item.name);
    await mkdir(unpacked);
    const control = await this.#apt.unpack(deb, join(unpacked, 'root'));
    await writeFile(join(unpacked, 'control'), control);
    await rename(unpacked, join(this.#folder, fileNameOf(item))).catch((error: NodeJS.ErrnoException) => {
      // Another build on this machine was first; what it kept is the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  }

  #unpack(item: DebianPackage): Promise<UnpackedPackage> {
    const known = this.#unpacked.get(item.name);
    if (known !== undefined) return known;
    const unpacked = readUnpacked(item, join(this.#folder, fileNameOf(item)));
    this.#unpacked.set(item.name, unpacked);
    return unpacked;
  }
}

async function findDeb(item: DebianPackage, folder: string): Promise<string> {
  const names = await readdir(folder);
  const name = names.find((file) => file.startsWith(`${item.name}_`) && file.endsWith('.deb'));
  if (name === undefined) {
    throw imageError('IMAGE_PACKAGE_UNAVAILABLE', { subject: `${item.name} ${item.version}` });
  }
  return join(folder, name);
}

async function checkDeb(item: DebianPackage, deb: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(deb)) hash.update(chunk);
  const actual = hash.digest('hex');
  if (actual === item.sha256) return;
  const detail = `expected sha256:${item.sha256}, fetched sha256:${actual}`;
  throw imageError('IMAGE_PACKAGE_MISMATCH', { subject: `${item.name} ${item.version}`, detail });
}

async function readUnpacked(item: DebianPackage, folder: string): Promise<UnpackedPackage> {
  const root = join(folder, 'root');
  const files = new Map<string, PackageFile>();
  for await (const { path, entry } of walk(root)) {
    const location = join(root, path);
    if (entry.isSymbolicLink()) {
      const target = await readlink(location);
      files.set(canonicalPath(path), { type: 'symlink', location, executable: false, target });
    } else if (entry.isFile()) {
      files.set(canonicalPath(path), { type: 'file', location, executable: await isExecutable(location) });
    }
  }
  return { ...item, control: await readFile(join(folder, 'control'), 'utf8'), files };
}

async function isExecutable(location: string): Promise<boolean> {
  return ((await stat(location)).mode & 0o111) !== 0;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
