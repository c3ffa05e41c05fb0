import { imageError } from './errors.ts';
import type { FileContent } from './file-content.ts';

/** One path in a layer. Owner and mode are always stated: nothing is taken from the machine that builds. */
export type FileEntry = FileNode & {
  /** Relative to the root, without a leading or trailing slash. */
  readonly path: string;
};

export type FileNode = Owned &
  (
    | { readonly type: 'directory'; readonly mode: number }
    | { readonly type: 'file'; readonly mode: number; readonly content: FileContent }
    | { readonly type: 'symlink'; readonly target: string }
  );

export interface Owned {
  readonly uid: number;
  readonly gid: number;
}

export const ROOT: Owned = { uid: 0, gid: 0 };

/** The file tree of one layer. Parent folders appear by themselves, owned by root. */
export class FileTree {
  readonly #nodes = new Map<string, FileNode>();

  add(path: string, node: FileNode): void {
    const canonical = canonicalPath(path);
    for (const parent of parentsOf(canonical)) {
      const known = this.#nodes.get(parent);
      if (known === undefined) this.#nodes.set(parent, { type: 'directory', mode: 0o755, ...ROOT });
      else if (known.type !== 'directory') throw clash(canonical, `${parent} is a ${known.type}`);
    }
    const known = this.#nodes.get(canonical);
    if (known !== undefined && !isSame(known, node)) throw clash(canonical, 'two different things here');
    this.#nodes.set(canonical, node);
  }

  addFile(path: string, content: FileContent, mode = 0o644, owner: Owned = ROOT): void {
    this.add(path, { type: 'file', mode, content, ...owner });
  }

  get(path: string): FileNode | undefined {
    return this.#nodes.get(canonicalPath(path));
  }

  /** In byte order of the paths, so that each folder comes before what it holds. */
  entries(): FileEntry[] {
    return [...this.#nodes]
      .map(([path, node]) => ({ path, ...node }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  }
}

/**
 * The one spelling of a path. Packages made before the merge of /usr still say lib/…; in the image, as on any current
 * Debian, /lib is a link to /usr/lib, so a file must not be put through it.
 */
export function canonicalPath(path: string): string {
  const plain = path.replace(/^\.?\/+/, '').replace(/\/+$/, '');
  if (plain === '' || plain.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    throw imageError('IMAGE_RECIPE_INVALID', { subject: path, detail: 'not a path inside an image' });
  }
  return plain.replace(/^(?:bin|sbin|lib|lib32|lib64|libx32)\//, 'usr/$&');
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

// A folder may be named again with another owner; the last word counts.
function isSame(a: FileNode, b: FileNode): boolean {
  if (a.type === 'directory') return b.type === 'directory';
  if (a.type === 'symlink') return b.type === 'symlink' && a.target === b.target;
  return b.type === 'file' && a.content.digest === b.content.digest && a.mode === b.mode;
}

function clash(path: string, detail: string) {
  return imageError('IMAGE_RECIPE_INVALID', { subject: path, detail });
}
