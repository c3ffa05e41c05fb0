import type { Signed } from '../../desired/message.ts';
import type { AgentEvent } from '../../desired/report.ts';

/** A signed text with the number in it and the digest of its payload. */
export interface Numbered {
  readonly number: number;
  readonly digest: string;
  readonly signed: Signed;
}

export type OfferAnswer =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: string; readonly detail?: string | undefined };

export interface Acknowledged {
  readonly reportNumber: number;
  /** Absent or empty where the hub does not say it. */
  readonly reportDigest?: string | undefined;
  readonly eventNumber: number;
  /** Of the event with that number; absent where the hub does not say it. */
  readonly eventHash?: string | undefined;
  /** Its last event is not the one that the kept ones follow on: they begin a chain of their own, with a `gap`. */
  readonly isOtherChain?: boolean | undefined;
}

/** What the agent holds and has to say, as it goes to hub and stick. */
export interface Holder {
  /** The envelope that it holds. */
  held(): Numbered | undefined;
  /** An envelope from the hub or a stick; it is held, and kept over a restart, before the answer comes. */
  offer(signed: Signed): Promise<OfferAnswer>;
  /** The latest report, kept over a restart before it is seen here. */
  report(): Numbered | undefined;
  /** All events that are kept, with numbers above `after`, in order. */
  events(after: number): readonly AgentEvent[];
  /**
   * What the hub has. Events up to there need not be kept longer. Numbers above the agent's own, or another report with
   * its number, mean that its state was lost: it counts on from there, its events with one of the kind `gap` whose `previous` is empty.
   */
  acknowledged(has: Acknowledged): void;
  /** Called whenever there is a new report or event; the result ends it. */
  onChange(listener: () => void): () => void;
}
