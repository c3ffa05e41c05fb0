import type { DiskFile, Random } from './disk-file.ts';

export type DiskNode = DiskFile | DiskFolder;

/** Names that come and go together. */
type Change = readonly (readonly [name: string, node: DiskNode | undefined])[];

/** A folder as everyone sees it and as the disk has it: what was changed since the last sync comes and goes in order. */
export class DiskFolder {
  readonly entries = new Map<string, DiskNode>();
  readonly #durable = new Map<string, DiskNode>();
  #pending: Change[] = [];

  change(...change: Change): void {
    apply(this.entries, change);
    this.#pending.push(change);
  }

  /** Names are there when the sync has ended well. */
  beginSync(): (ok: boolean) => void {
    const before = [...this.#pending];
    return (ok) => {
      if (!ok) return;
      for (const change of before) {
        const at = this.#pending.indexOf(change);
        // Another sync was quicker.
        if (at === -1) continue;
        this.#pending.splice(at, 1);
        apply(this.#durable, change);
      }
    };
  }

  /** What a power cut at this moment leaves. */
  cut(random: Random): ReadonlyMap<string, DiskNode> {
    const left = new Map(this.#durable);
    const chance = random();
    const kept =
      chance < 0.4 ? 0 : chance < 0.7 ? this.#pending.length : Math.floor(random() * this.#pending.length);
    for (const change of this.#pending.slice(0, kept)) apply(left, change);
    return left;
  }
}

function apply(entries: Map<string, DiskNode>, change: Change): void {
  for (const [name, node] of change)
    if (node === undefined) entries.delete(name);
    else entries.set(name, node);
}
