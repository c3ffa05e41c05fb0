/** Whether the hub was there when it was last heard of, for all who want to show it. */
class HubState {
  #isThere = true;
  #since = Date.now();
  readonly #listeners = new Set<() => void>();

  set(isThere: boolean): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    this.#since = Date.now();
    for (const listener of this.#listeners) listener();
  }

  /** Since when it does not answer; undefined while it does. */
  readonly silentSince = (): number | undefined => (this.#isThere ? undefined : this.#since);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const hubState = new HubState();
