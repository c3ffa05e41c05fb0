/** What takes time in EKS. It ends when somebody looks, not when a clock says so, and not while a test holds it. */
export const WORKS = [
  'create-cluster',
  'update-cluster',
  'delete-cluster',
  'create-nodegroup',
  'update-nodegroup',
  'delete-nodegroup',
] as const;
export type Work = (typeof WORKS)[number];

export class Gates {
  readonly #held = new Set<Work>();

  hold(work: Work): void {
    this.#held.add(work);
  }

  release(work: Work): void {
    this.#held.delete(work);
  }

  /** Something that has begun: `isOver` is asked with each look. An update is seen once before it is over. */
  begin(work: Work): () => boolean {
    let looks = work.startsWith('update') ? 1 : 0;
    return () => !this.#held.has(work) && looks-- <= 0;
  }
}
