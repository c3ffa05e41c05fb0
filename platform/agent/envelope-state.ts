import type { Report } from '../desired/report.ts';

type State = Report['envelope']['state'];

/** How far an envelope is, and since when. */
export type EnvelopeProgress = Pick<Report['envelope'], 'state' | 'since'>;

/**
 * Knows how far which envelope is. A new one is held some moments before work on it begins: meanwhile what was said of
 * the one before must not be said of it, or a hub would take it for complete.
 */
export class EnvelopeState {
  readonly #now: () => Date;
  #digest: string | undefined;
  #progress: EnvelopeProgress;

  constructor(now: () => Date) {
    this.#now = now;
    this.#progress = { state: 'none', since: now().toISOString() };
  }

  /** How far the envelope with this digest is, which was accepted then. */
  of(digest: string | undefined, acceptedAt?: string): EnvelopeProgress {
    // After a start nothing was said of any yet.
    if (this.#digest === undefined || this.#digest === digest) return this.#progress;
    return { state: 'applying', since: acceptedAt ?? this.#now().toISOString() };
  }

  /** Work on it has begun; of one that was complete before a restart that stays said. */
  begin(digest: string): void {
    this.#digest = digest;
  }

  /** False where that was said of it already. */
  become(state: State, digest: string | undefined): boolean {
    if (state === this.#progress.state && digest === this.#digest) return false;
    this.#digest = digest;
    this.#progress = { state, since: this.#now().toISOString() };
    return true;
  }
}
