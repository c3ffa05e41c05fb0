/** A stream that breaks is there again a moment later; only what lasts longer is worth a word. */
const PATIENCE_MS = 4_000;

/** Whether the hub answers, for all who want to show it. */
class HubState {
  #silentSince: number | undefined;
  #isTold = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  set(isThere: boolean): void {
    if (isThere) {
      clearTimeout(this.#timer);
      this.#silentSince = undefined;
      this.#tell(false);
    } else if (this.#silentSince === undefined) {
      this.#silentSince = Date.now();
      this.#timer = setTimeout(() => this.#tell(true), PATIENCE_MS);
    }
  }

  /** Since when it does not answer; undefined while it does. */
  readonly silentSince = (): number | undefined => (this.#isTold ? this.#silentSince : undefined);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #tell(isSilent: boolean): void {
    if (isSilent === this.#isTold) return;
    this.#isTold = isSilent;
    for (const listener of this.#listeners) listener();
  }
}

export const hubState = new HubState();
