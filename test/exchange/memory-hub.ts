import { encode } from '../../platform/desired/canonical.ts';
import { digestOf } from '../../platform/desired/dsse.ts';
import {
  ENVELOPE_TYPE,
  type Envelope,
  type EnvelopeLayer,
  type HubDoor,
} from '../../platform/desired/envelope.ts';
import { type EventMark, markOf, NO_EVENT } from '../../platform/desired/events.ts';
import type { Signed } from '../../platform/desired/message.ts';
import type { AgentEvent, Report } from '../../platform/desired/report.ts';
import { type Acknowledged, removalsAfter } from '../../platform/hub/compile/removals.ts';
import type {
  AgentIdentity,
  ClusterName,
  EventSink,
  Revision,
  Revisions,
  Seen,
  StatusSink,
} from '../../platform/hub/door/ports.ts';

export interface MemoryHubOptions {
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed;
  readonly door: (cluster: ClusterName) => HubDoor;
}

export interface SignedRevision extends Revision {
  readonly signed: Signed;
}

interface Stored {
  readonly id: string;
  readonly layers: readonly string[];
  readonly removing: readonly string[];
  readonly revision?: SignedRevision | undefined;
  readonly envelope?: Envelope | undefined;
  /** What the agent said last of the envelope that it holds. */
  readonly held?: Acknowledged | undefined;
  readonly lastReport?: { readonly number: number; readonly digest: string } | undefined;
  readonly events: readonly AgentEvent[];
  readonly lost: number;
}

const NONE: Stored = { id: '', layers: [], removing: [], events: [], lost: 0 };

/** What stands behind the desk, without a cluster: revisions of lists of layers, and what the agents said. */
export class MemoryHub implements Revisions, StatusSink, EventSink {
  readonly #options: MemoryHubOptions;
  readonly #listeners = new Set<(cluster: ClusterName) => void>();
  #clusters = new Map<string, Stored>();
  readonly reports: Report[] = [];
  readonly signs: Seen[] = [];
  /** Clusters that two agents were found to speak for. */
  readonly twice: string[] = [];
  adopted = 0;

  constructor(options: MemoryHubOptions) {
    this.#options = options;
  }

  stored(cluster: ClusterName): Stored {
    return this.#clusters.get(idOf(cluster)) ?? NONE;
  }

  /** As a backup would hold it. */
  backup(): ReadonlyMap<string, Stored> {
    return new Map(this.#clusters);
  }

  restore(backup: ReadonlyMap<string, Stored>): void {
    this.#clusters = new Map(backup);
  }

  /** Somebody changes the cluster: these are its layers now, the rest goes. */
  edit(cluster: ClusterName, id: string, layers: readonly string[]): SignedRevision {
    const stored = this.stored(cluster);
    const remove = removalsAfter(stored.envelope, layers.map(layerOf), stored.held);
    const envelope: Envelope = {
      version: 1,
      cluster: { ...cluster, id },
      number: (stored.revision?.number ?? 0) + 1,
      issuedAt: '2030-01-01T00:00:00.000Z',
      layers: layers.map(layerOf),
      remove,
      registries: [],
      hub: this.#options.door(cluster),
      paused: false,
    };
    const signed = this.#options.sign(ENVELOPE_TYPE, encode(envelope));
    const revision = { number: envelope.number, digest: digestOf(signed), signed };
    const removing = remove.map(({ name }) => name);
    this.#put(cluster, { id, layers, removing, revision, envelope });
    for (const listener of [...this.#listeners]) listener(cluster);
    return revision;
  }

  async current(cluster: ClusterName): Promise<Revision | undefined> {
    return this.stored(cluster).revision;
  }

  async signed(cluster: ClusterName, { digest }: Revision): Promise<Signed | undefined> {
    const { revision } = this.stored(cluster);
    return revision?.digest === digest ? revision.signed : undefined;
  }

  async adopt(cluster: ClusterName, signed: Signed, envelope: Envelope): Promise<void> {
    this.adopted++;
    this.#put(cluster, {
      id: envelope.cluster.id,
      layers: envelope.layers.map(({ name }) => name),
      removing: envelope.remove.map(({ name }) => name),
      revision: { number: envelope.number, digest: digestOf(signed), signed },
      envelope,
    });
  }

  onChange(listener: (cluster: ClusterName) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  seen(_: AgentIdentity, seen: Seen): void {
    this.signs.push(seen);
  }

  duplicated(agent: AgentIdentity): void {
    this.twice.push(idOf(agent));
  }

  async reported(agent: AgentIdentity, report: Report, digest: string): Promise<void> {
    this.reports.push(report);
    const held = { number: report.envelope.number, removed: report.removed };
    this.#put(agent, { lastReport: { number: report.number, digest }, held });
  }

  async lastReport(agent: AgentIdentity): Promise<{ number: number; digest: string } | undefined> {
    return this.stored(agent).lastReport;
  }

  async last(agent: AgentIdentity): Promise<EventMark> {
    const event = this.stored(agent).events.at(-1);
    return event === undefined ? NO_EVENT : markOf(event);
  }

  async append(agent: AgentIdentity, events: readonly AgentEvent[], missing: number): Promise<void> {
    const stored = this.stored(agent);
    this.#put(agent, { events: [...stored.events, ...events], lost: stored.lost + missing });
  }

  #put({ project, name }: ClusterName, change: Partial<Stored>): void {
    this.#clusters.set(`${project}/${name}`, { ...this.stored({ project, name }), ...change });
  }
}

function idOf({ project, name }: ClusterName): string {
  return `${project}/${name}`;
}

function layerOf(name: string): EnvelopeLayer {
  return {
    name,
    namespace: name,
    profile: { name: 'web', version: '1.0.0' },
    pack: {
      registry: 'platform',
      repository: `packs/${name}`,
      version: '1.0.0',
      digest: `sha256:${'a'.repeat(64)}`,
    },
    values: {},
    dependsOn: [],
    timeoutSeconds: 300,
    health: [],
    drift: { mode: 'correct' },
    onRemove: 'prune',
  };
}
