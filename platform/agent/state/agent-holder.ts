import { isSkerryError } from '../../../content/error.ts';
import type { Signed } from '../../desired/message.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { Acknowledged, Holder, Numbered, OfferAnswer } from '../exchange/holder.ts';
import { type HeldEnvelope, heldEnvelope, readHeldEnvelope, writeHeldEnvelope } from './held-envelope.ts';
import { type AppliedLayer, type Journal, type JournalPlace, readJournal, writeJournal } from './journal.ts';
import { chainedAgain, countedOnFrom, type Happening, isPartOf, withEvent, withoutKnown } from './outbox.ts';

export interface HolderInput extends JournalPlace {
  /** Whether an envelope may be held from now on; the answer names a code where it may not. */
  readonly decide: (signed: Signed, held: Numbered | undefined) => OfferAnswer;
  readonly now: () => Date;
}

type HappeningNow = Omit<Happening, 'at'>;

/**
 * What the agent holds and remembers, in its cluster: an envelope is written before anything of it is applied, a report
 * before anybody sees it. All writes are made one after the other.
 */
export class AgentHolder implements Holder {
  readonly #input: HolderInput;
  readonly #listeners = new Set<() => void>();
  #held: HeldEnvelope | undefined;
  #journal: Journal;
  #writing: Promise<void> = Promise.resolve();
  #isWaiting = false;
  /** The last event that was kept when this began: what comes after it has happened since, and is in no copy. */
  readonly #known: number;

  private constructor(input: HolderInput, held: HeldEnvelope | undefined, journal: Journal) {
    this.#input = input;
    this.#held = held;
    this.#journal = journal;
    this.#known = journal.lastEvent.number;
  }

  /** Throws AGENT_STATE_INVALID. */
  static async open(input: HolderInput): Promise<AgentHolder> {
    return new AgentHolder(input, await readHeldEnvelope(input), await readJournal(input));
  }

  get envelope(): HeldEnvelope | undefined {
    return this.#held;
  }

  get journal(): Journal {
    return this.#journal;
  }

  held(): Numbered | undefined {
    return this.#held === undefined ? undefined : numbered(this.#held);
  }

  async offer(signed: Signed): Promise<OfferAnswer> {
    const answer = this.#input.decide(signed, this.held());
    if (!answer.accepted) {
      await this.#refuse(signed, answer);
      return answer;
    }
    const next = heldEnvelope(signed, 'the envelope');
    if (next.digest === this.#held?.digest) return answer;
    await this.#inTurn(async () => await writeHeldEnvelope(this.#input, next));
    this.#held = next;
    const { number } = next.envelope;
    const acceptedAt = this.#at();
    await this.remember(
      ({ refused: _, ...journal }) => ({ ...journal, envelope: { digest: next.digest, acceptedAt } }),
      { kind: 'accepted', subject: `envelope ${number}`, detail: next.digest },
    );
    return answer;
  }

  report(): Numbered | undefined {
    return this.#journal.report;
  }

  events(after: number): readonly AgentEvent[] {
    return this.#journal.events.filter(({ number }) => number > after);
  }

  acknowledged(has: Acknowledged): void {
    const { reportNumber, reportDigest = '', eventNumber, eventHash, isOtherChain = false } = has;
    const before = this.#journal;
    const isAhead = !isPartOf(before, { number: eventNumber, hash: eventHash ?? '' });
    const isBroken = isOtherChain && !isAhead;
    const outbox = isAhead
      ? countedOnFrom(before, eventNumber, this.#known, this.#at())
      : withoutKnown(before, eventNumber);
    const isOther =
      before.report?.number === reportNumber && reportDigest !== '' && before.report.digest !== reportDigest;
    const isLost = isOther || reportNumber > before.reportNumber;
    if (!isAhead && !isBroken && !isLost && outbox.events.length === before.events.length) return;
    this.#journal = {
      ...before,
      ...(isBroken ? chainedAgain(outbox, this.#at()) : outbox),
      reportNumber: Math.max(before.reportNumber, reportNumber),
      report: isLost ? undefined : before.report,
    };
    // What the hub has may be kept once more without harm, so nobody waits for this.
    void this.flush().catch(() => undefined);
    if (isAhead || isLost) this.#announce();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes what is remembered, keeps it over a restart, then says so. */
  async remember(
    change: (journal: Journal) => Journal,
    ...happenings: readonly HappeningNow[]
  ): Promise<void> {
    const at = this.#at();
    let journal = change(this.#journal);
    for (const happening of happenings) journal = { ...journal, ...withEvent(journal, { at, ...happening }) };
    this.#journal = journal;
    await this.flush();
    this.#announce();
  }

  /** A layer that is in the cluster now. */
  async rememberLayer(
    name: string,
    layer: AppliedLayer,
    ...happenings: readonly HappeningNow[]
  ): Promise<void> {
    await this.remember(
      (journal) => {
        const { [name]: _, ...others } = journal.applied;
        const removed = journal.removed.filter((other) => other !== name);
        return { ...journal, removed, applied: { ...others, [name]: layer } };
      },
      ...happenings,
    );
  }

  /** The next report, numbered and signed. It can be seen once it is kept. */
  async keepReport(make: (number: number) => Omit<Numbered, 'number'>): Promise<void> {
    const number = this.#journal.reportNumber + 1;
    const report = { ...make(number), number };
    await this.remember((journal) => ({ ...journal, reportNumber: number, report }));
  }

  /** Writes the journal as it is then; several changes that wait are written at once. */
  async flush(): Promise<void> {
    if (this.#isWaiting) return await this.#writing;
    this.#isWaiting = true;
    await this.#inTurn(async () => {
      this.#isWaiting = false;
      await this.#write();
    });
  }

  async #write(): Promise<void> {
    try {
      await writeJournal(this.#input, this.#journal);
    } catch (error) {
      // Somebody else has written between reading and writing; what is here is what holds.
      if (!isSkerryError(error, 'OBJECT_CHANGED')) throw error;
      await writeJournal(this.#input, this.#journal);
    }
  }

  async #refuse(
    signed: Signed,
    { code, detail = '' }: { code: string; detail?: string | undefined },
  ): Promise<void> {
    const number = numberIn(signed);
    const { refused } = this.#journal;
    // An offer that is repeated is refused each time and reported once.
    if (refused?.number === number && refused.code === code) return;
    await this.remember(
      (journal) => ({ ...journal, refused: { number, code, detail: detail.slice(0, 500) } }),
      { kind: 'refused', subject: `envelope ${number}`, detail: `${code}: ${detail}` },
    );
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#writing.catch(() => undefined).then(work);
    this.#writing = turn;
    await turn;
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #at(): string {
    return this.#input.now().toISOString();
  }
}

function numbered({ signed, digest, envelope: { number } }: HeldEnvelope): Numbered {
  return { signed, digest, number };
}

// Of something that may be anything.
function numberIn(signed: Signed): number {
  try {
    return heldEnvelope(signed, 'an offer').envelope.number;
  } catch {
    return 0;
  }
}
