import { createPublicKey, type KeyObject } from 'node:crypto';
import { isSkerryError } from '../../../content/error.ts';
import { acceptEnvelope } from '../../../platform/agent/exchange/accept.ts';
import type { Holder, Numbered, OfferAnswer } from '../../../platform/agent/exchange/holder.ts';
import { digestOf, sign } from '../../../platform/desired/dsse.ts';
import type { ClusterIdentity, Envelope } from '../../../platform/desired/envelope.ts';
import { appendEvent, markOf, NO_EVENT } from '../../../platform/desired/events.ts';
import { fingerprint } from '../../../platform/desired/fingerprint.ts';
import type { Signed } from '../../../platform/desired/message.ts';
import { type AgentEvent, REPORT_TYPE, type Report } from '../../../platform/desired/report.ts';

/** Holds what it is offered, as an agent does, and says at once that all of it is there; nothing is applied. */
export class ReadyHolder implements Holder {
  readonly #cluster: ClusterIdentity;
  readonly #privateKey: KeyObject;
  readonly #hubKeys: readonly KeyObject[];
  readonly #listeners = new Set<() => void>();
  #held: Numbered | undefined;
  #report: Numbered | undefined;
  #reportNumber = 0;
  #events: AgentEvent[] = [];
  #lastEvent = NO_EVENT;

  constructor(cluster: ClusterIdentity, privateKey: KeyObject, hubKeys: readonly string[]) {
    this.#cluster = cluster;
    this.#privateKey = privateKey;
    this.#hubKeys = hubKeys.map((key) => createPublicKey(key));
  }

  held(): Numbered | undefined {
    return this.#held;
  }

  async offer(signed: Signed): Promise<OfferAnswer> {
    try {
      const rules = { keys: this.#hubKeys, cluster: this.#cluster, held: this.#held };
      const { envelope, digest, isHeld } = acceptEnvelope(signed, rules);
      if (!isHeld) this.#take(envelope, digest, signed);
      return { accepted: true };
    } catch (error) {
      if (isSkerryError(error)) return { accepted: false, code: error.code, detail: error.detail };
      throw error;
    }
  }

  report(): Numbered | undefined {
    return this.#report;
  }

  events(after: number): readonly AgentEvent[] {
    return this.#events.filter(({ number }) => number > after);
  }

  acknowledged(has: { reportNumber: number; eventNumber: number }): void {
    this.#reportNumber = Math.max(this.#reportNumber, has.reportNumber);
    this.#events = this.#events.filter(({ number }) => number > has.eventNumber);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(envelope: Envelope, digest: string, signed: Signed): void {
    this.#held = { number: envelope.number, digest, signed };
    this.#reportNumber++;
    const report = this.#reportOf(envelope, digest);
    const key = this.#privateKey;
    const text = sign(REPORT_TYPE, Buffer.from(JSON.stringify(report)), key, fingerprint(key));
    this.#report = { number: this.#reportNumber, digest: digestOf(text), signed: text };
    this.#note('accepted', `envelope ${envelope.number}`);
    for (const { name } of envelope.layers) this.#note('applied', `layer ${name}`);
    for (const listener of this.#listeners) listener();
  }

  #note(kind: AgentEvent['kind'], subject: string): void {
    const event = appendEvent(this.#lastEvent, { at: new Date().toISOString(), kind, subject });
    this.#lastEvent = markOf(event);
    this.#events.push(event);
  }

  #reportOf({ number, layers, remove }: Envelope, digest: string): Report {
    const now = new Date().toISOString();
    return {
      version: 1,
      cluster: this.#cluster,
      agentVersion: '0.0.0-bench',
      number: this.#reportNumber,
      at: now,
      envelope: { number, digest, state: 'complete', since: now, seconds: 0 },
      layers: layers.map(({ name, pack }) => ({
        name,
        version: pack.version,
        digest: pack.digest,
        state: 'ready',
        seconds: 0,
      })),
      removed: remove.map(({ name }) => name),
      drift: { count: 0, items: [] },
      kubernetes: 'v1.34.4',
      nodes: { ready: 1, total: 1, lost: [] },
      capacity: { cpu: 2, memoryBytes: 8e9, pods: 110 },
      certificates: [],
    };
  }
}
