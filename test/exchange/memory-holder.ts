import { createPublicKey, type KeyObject } from 'node:crypto';
import { isSkerryError } from '../../content/error.ts';
import { acceptEnvelope } from '../../platform/agent/exchange/accept.ts';
import { hubKeys } from '../../platform/agent/exchange/doors.ts';
import type { Holder, Numbered, OfferAnswer } from '../../platform/agent/exchange/holder.ts';
import { encode } from '../../platform/desired/canonical.ts';
import { digestOf, sign } from '../../platform/desired/dsse.ts';
import type { ClusterIdentity, Envelope } from '../../platform/desired/envelope.ts';
import { appendEvent, type EventMark, markOf, NO_EVENT } from '../../platform/desired/events.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import type { Signed } from '../../platform/desired/message.ts';
import { type AgentEvent, REPORT_TYPE, type Report } from '../../platform/desired/report.ts';

export interface MemoryHolderOptions {
  readonly cluster: () => ClusterIdentity;
  readonly privateKey: KeyObject;
  /** Public keys (PEM) that came with enrolling. */
  readonly enrolledKeys: () => readonly string[];
}

/** What an agent holds, without a cluster: every envelope that it accepts is complete at once. */
export class MemoryHolder implements Holder {
  readonly #options: MemoryHolderOptions;
  readonly #listeners = new Set<() => void>();
  #held: (Numbered & { envelope: Envelope }) | undefined;
  #report: Numbered | undefined;
  #refused: Report['refused'];
  #events: AgentEvent[] = [];
  #last: EventMark = NO_EVENT;
  #reportNumber = 0;
  /** Numbers of all envelopes that were ever accepted, in order. */
  readonly accepted: number[] = [];
  /** Layers that are there. */
  readonly layers = new Set<string>();
  /** Every event that ever was. */
  readonly everyEvent: AgentEvent[] = [];

  constructor(options: MemoryHolderOptions) {
    this.#options = options;
  }

  held(): Numbered | undefined {
    return this.#held;
  }

  report(): Numbered | undefined {
    return this.#report;
  }

  get reportNumber(): number {
    return this.#reportNumber;
  }

  events(after: number): readonly AgentEvent[] {
    return this.#events.filter(({ number }) => number > after);
  }

  async offer(signed: Signed): Promise<OfferAnswer> {
    try {
      const { cluster, enrolledKeys } = this.#options;
      const keys = hubKeys(this.#held?.signed, enrolledKeys()).map((pem) => createPublicKey(pem));
      const { envelope, digest, isHeld } = acceptEnvelope(signed, {
        keys,
        cluster: cluster(),
        held: this.#held,
      });
      if (isHeld) return { accepted: true };
      this.#held = { number: envelope.number, digest, signed, envelope };
      this.#refused = undefined;
      this.accepted.push(envelope.number);
      for (const { name } of envelope.layers) this.layers.add(name);
      for (const { name } of envelope.remove) this.layers.delete(name);
      this.#note('accepted', `envelope ${envelope.number}`);
      return { accepted: true };
    } catch (error) {
      if (!isSkerryError(error)) throw error;
      const { code, message } = error;
      if (this.#refused?.code !== code) {
        this.#refused = { number: 0, code, detail: message.slice(0, 500) };
        this.#note('refused', code);
      }
      return { accepted: false, code, detail: message };
    }
  }

  acknowledged({ reportNumber, eventNumber }: { reportNumber: number; eventNumber: number }): void {
    this.#events = this.#events.filter(({ number }) => number > eventNumber);
    if (reportNumber > this.#reportNumber) this.#reportNumber = reportNumber;
    if (eventNumber <= this.#last.number) return;
    this.#last = { number: eventNumber, hash: '' };
    this.#note('gap', 'state was lost');
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something happens in the cluster. */
  note(subject: string): void {
    this.#note('drift', subject);
  }

  #note(kind: AgentEvent['kind'], subject: string): void {
    const event = appendEvent(this.#last, { at: AT, kind, subject });
    this.#last = markOf(event);
    this.#events.push(event);
    this.everyEvent.push(event);
    this.#reportNumber++;
    const report: Report = {
      version: 1,
      cluster: this.#options.cluster(),
      agentVersion: '0.1.0',
      number: this.#reportNumber,
      at: AT,
      envelope: {
        number: this.#held?.number ?? 0,
        digest: this.#held?.digest ?? '',
        state: this.#held === undefined ? 'none' : 'complete',
        since: AT,
      },
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
      layers: [],
      removed: [],
      drift: { count: 0, items: [] },
      kubernetes: 'v1.34.4',
      nodes: { ready: 1, total: 1, lost: [] },
      capacity: { cpu: 1, memoryBytes: 1, pods: 110 },
      certificates: [],
    };
    const { privateKey } = this.#options;
    const signed = sign(REPORT_TYPE, encode(report), privateKey, fingerprint(privateKey));
    this.#report = { number: report.number, digest: digestOf(signed), signed };
    for (const listener of [...this.#listeners]) listener();
  }
}

const AT = '2030-01-01T00:00:00.000Z';
