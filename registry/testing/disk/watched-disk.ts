import fs, { type Mode, type PathLike } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DiskFile } from './disk-file.ts';
import type { DiskNode } from './disk-folder.ts';
import { DiskImage } from './disk-image.ts';

export interface DiskCall {
  readonly does: 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'make folder';
  readonly path: string;
  /** Of a write. */
  readonly bytes?: number;
}

/** What becomes of a call: it may fail, take only some of the bytes, or take its time. */
export interface Verdict {
  /** As in errno(3). */
  readonly code?: string;
  readonly take?: number;
  /** Milliseconds; only where nobody waits for the call at once. */
  readonly delay?: number;
}

export type Judge = (call: DiskCall) => Verdict | undefined;

/** Files that are written by SQLite, which asks the system itself. */
const BEYOND = /^(?:index\.sqlite|\.check-|registry\.lock|control\.sock)/;

/**
 * Stands between the programs of this process and a folder: every call of Node's file system that touches it is judged
 * first, and an image is kept of what the disk has. One at a time.
 */
export class WatchedDisk implements Disposable {
  readonly image: DiskImage;
  judge: Judge = () => undefined;
  readonly #undo: (() => void)[] = [];
  readonly #handles = new WeakMap<FileHandle, { path: string; node: DiskNode | undefined }>();
  readonly #descriptors = new Map<number, { path: string; node: DiskNode | undefined }>();

  private constructor(root: string) {
    this.image = new DiskImage(root);
  }

  static async watch(root: string): Promise<WatchedDisk> {
    const disk = new WatchedDisk(root);
    const probe = await fs.promises.open(root, 'r');
    const prototype: FileHandle = Object.getPrototypeOf(probe);
    await probe.close();
    disk.#watchNames();
    disk.#watchHandles(prototype);
    syncBuiltinESMExports();
    return disk;
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.reverse()) undo();
    syncBuiltinESMExports();
  }

  #watchNames(): void {
    const { promises } = fs;
    const { open, mkdir, rename, rm, readFile } = promises;
    this.#replace(promises, 'open', async (path: PathLike, flags?: string | number, mode?: Mode) => {
      const at = String(path);
      if (!this.#isOurs(at)) return await open(path, flags, mode);
      await this.#ask({ does: 'open', path: at });
      const handle = await open(path, flags, mode);
      const node = this.image.openFile(at);
      if (node instanceof DiskFile && typeof flags === 'string' && flags.startsWith('w')) node.truncate(0);
      this.#handles.set(handle, { path: at, node });
      this.#descriptors.set(handle.fd, { path: at, node });
      return handle;
    });
    this.#replace(promises, 'mkdir', async (path: PathLike, options?: fs.MakeDirectoryOptions) => {
      const at = String(path);
      if (this.#isOurs(at)) await this.#ask({ does: 'make folder', path: at });
      const made = await mkdir(path, { ...options, recursive: options?.recursive ?? false });
      if (this.#isOurs(at)) this.image.makeFolder(at);
      return made;
    });
    this.#replace(promises, 'rename', async (from: PathLike, to: PathLike) => {
      const [source, target] = [String(from), String(to)];
      if (this.#isOurs(target)) await this.#ask({ does: 'rename', path: target });
      await rename(from, to);
      if (this.#isOurs(target)) this.image.rename(source, target);
    });
    this.#replace(promises, 'rm', async (path: PathLike, options?: fs.RmOptions) => {
      const at = String(path);
      if (this.#isOurs(at)) await this.#ask({ does: 'remove', path: at });
      await rm(path, options);
      if (this.#isOurs(at)) this.image.remove(at);
    });
    this.#replace(promises, 'readFile', async (...args: Parameters<typeof readFile>) => {
      const [path] = args;
      if (typeof path === 'string' && this.#isOurs(path)) await this.#ask({ does: 'read', path });
      return await Reflect.apply(readFile, promises, args);
    });
  }

  #watchHandles(prototype: FileHandle): void {
    const { handles, descriptors } = { handles: this.#handles, descriptors: this.#descriptors };
    const { write, writev, writeFile, truncate, sync, datasync, read } = prototype;
    const ask = (call: DiskCall) => this.#ask(call);
    this.#replace(prototype, 'write', async function (this: FileHandle, ...args: unknown[]) {
      const known = handles.get(this);
      const [bytes, offset, length, position] = args;
      if (known === undefined || !(bytes instanceof Uint8Array))
        return await Reflect.apply(write, this, args);
      const [from, wanted] = [Number(offset ?? 0), Number(length ?? bytes.byteLength)];
      const taken = await ask({ does: 'write', path: known.path, bytes: wanted });
      const piece = Buffer.from(bytes.subarray(from, from + Math.min(wanted, taken)));
      const result = await Reflect.apply(write, this, [piece, 0, piece.byteLength, position]);
      if (known.node instanceof DiskFile) known.node.write(piece, Number(position ?? 0));
      return result;
    });
    this.#replace(
      prototype,
      'writev',
      async function (this: FileHandle, buffers: Uint8Array[], position = 0) {
        const known = handles.get(this);
        if (known === undefined) return await Reflect.apply(writev, this, [buffers, position]);
        const all = Buffer.concat(buffers);
        const taken = await ask({ does: 'write', path: known.path, bytes: all.byteLength });
        const piece = all.subarray(0, taken);
        const result = await Reflect.apply(writev, this, [[piece], position]);
        if (known.node instanceof DiskFile) known.node.write(piece, position);
        return result;
      },
    );
    this.#replace(prototype, 'writeFile', async function (this: FileHandle, ...args: unknown[]) {
      const known = handles.get(this);
      if (known !== undefined) {
        const bytes = Buffer.from(args[0] instanceof Uint8Array ? args[0] : String(args[0]));
        await ask({ does: 'write', path: known.path, bytes: bytes.byteLength });
        await Reflect.apply(writeFile, this, args);
        if (known.node instanceof DiskFile) known.node.write(bytes, 0);
      } else await Reflect.apply(writeFile, this, args);
    });
    this.#replace(prototype, 'truncate', async function (this: FileHandle, size = 0) {
      const known = handles.get(this);
      if (known !== undefined) await ask({ does: 'truncate', path: known.path });
      await Reflect.apply(truncate, this, [size]);
      if (known?.node instanceof DiskFile) known.node.truncate(size);
    });
    this.#replace(prototype, 'read', async function (this: FileHandle, ...args: unknown[]) {
      const known = handles.get(this);
      if (known !== undefined) await ask({ does: 'read', path: known.path });
      return await Reflect.apply(read, this, args);
    });
    for (const [name, real] of [
      ['sync', sync],
      ['datasync', datasync],
    ] as const)
      this.#replace(prototype, name, async function (this: FileHandle) {
        const known = handles.get(this);
        const end = known?.node?.beginSync();
        try {
          if (known !== undefined) await ask({ does: 'sync', path: known.path });
          await Reflect.apply(real, this, []);
        } catch (error) {
          end?.(false);
          throw error;
        }
        end?.(true);
      });
    const { writeSync } = fs;
    this.#replace(fs, 'writeSync', (descriptor: number, bytes: unknown, ...rest: unknown[]) => {
      const known = descriptors.get(descriptor);
      if (known === undefined || !(bytes instanceof Uint8Array))
        return Reflect.apply(writeSync, fs, [descriptor, bytes, ...rest]);
      const [offset, length, position] = rest.map(Number);
      const wanted = length ?? bytes.byteLength;
      const taken = this.#askNow({ does: 'write', path: known.path, bytes: wanted });
      const piece = bytes.subarray(offset ?? 0, (offset ?? 0) + Math.min(wanted, taken));
      const done: number = Reflect.apply(writeSync, fs, [descriptor, piece, 0, piece.byteLength, position]);
      if (known.node instanceof DiskFile) known.node.write(piece, position ?? 0);
      return done;
    });
  }

  // The number of bytes that a write may take.
  async #ask(call: DiskCall): Promise<number> {
    const verdict = this.judge(call);
    if (verdict?.delay !== undefined) await wait(verdict.delay);
    return taken(call, verdict);
  }

  #askNow(call: DiskCall): number {
    return taken(call, this.judge(call));
  }

  #isOurs(path: string): boolean {
    const { root } = this.image;
    return (path === root || path.startsWith(root + sep)) && !BEYOND.test(basename(path));
  }

  #replace(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    if (before === undefined) throw new Error(`there is no ${name}`);
    Object.defineProperty(target, name, { ...before, value });
    this.#undo.push(() => Object.defineProperty(target, name, before));
  }
}

function taken({ does, path, bytes = 0 }: DiskCall, verdict: Verdict | undefined): number {
  if (verdict?.code !== undefined) {
    const message = `${verdict.code}: a fault of the test, ${does} '${path}'`;
    throw Object.assign(new Error(message), { code: verdict.code, syscall: does, path });
  }
  return bytes === 0 ? 0 : Math.max(1, Math.min(bytes, verdict?.take ?? bytes));
}
