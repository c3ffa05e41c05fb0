import type { KeyObject } from 'node:crypto';
import type { Envelope } from '../../desired/envelope.ts';
import type { EventMark } from '../../desired/events.ts';
import type { Signed } from '../../desired/message.ts';
import type { AgentEvent, Report } from '../../desired/report.ts';

/** A Cluster by its project and name. */
export interface ClusterName {
  readonly project: string;
  readonly name: string;
}

/** Who speaks for a cluster: the holder of this key, as its certificate says. */
export interface AgentIdentity extends ClusterName {
  /** KeyFingerprint of the key. */
  readonly key: string;
  readonly publicKey: KeyObject;
}

export interface Revision {
  readonly number: number;
  readonly digest: string;
}

/** The envelopes that the hub has made. */
export interface Revisions {
  /** The highest that may be sent; undefined when there is none. */
  current(cluster: ClusterName): Promise<Revision | undefined>;
  /** The envelope of one; read only when it is to be sent, since most agents hold theirs. Undefined once it is gone. */
  signed(cluster: ClusterName, revision: Revision): Promise<Signed | undefined>;
  /**
   * Takes over an envelope that the hub signed and no longer knows. From then on the cluster's numbers go on above it,
   * and `current` gives it or a later one. Doing it twice does no harm.
   */
  adopt(cluster: ClusterName, signed: Signed, envelope: Envelope): Promise<void>;
  /** Called when `current` of a cluster may have changed; the result ends it. */
  onChange(listener: (cluster: ClusterName) => void): () => void;
}

export type Transport = 'network' | 'file';

export interface Seen {
  readonly at: Date;
  readonly transport: Transport;
  /** Absent when the agent has only shown that it is alive. */
  readonly agentVersion?: string | undefined;
  readonly certificateUntil?: Date | undefined;
  /** The code that says why the agent is not understood; empty when it is, absent where it has not said hello. */
  readonly problem?: string | undefined;
}

export interface LastReport {
  readonly number: number;
  readonly digest: string;
  /** Another hub took it, or this one before it was started again: of what it said only the outcome is known. */
  readonly isElsewhere?: boolean | undefined;
}

/** Where an agent's state goes. Called often: it keeps in memory and writes seldom. */
export interface StatusSink {
  seen(agent: AgentIdentity, seen: Seen): void;
  /** Two agents have this key, as a copy of a machine would. */
  duplicated(agent: AgentIdentity): void;
  /** A report that is newer than any before by the same key, its signature checked. */
  reported(agent: AgentIdentity, report: Report, digest: string, transport: Transport): Promise<void>;
  /** The latest report of this key that was taken, also before a restart of the hub. */
  lastReport(agent: AgentIdentity): Promise<LastReport | undefined>;
}

/** Where an agent's events go, each once and in order. */
export interface EventSink {
  /** The last event of this key that is stored; NO_EVENT when there is none. */
  last(agent: AgentIdentity): Promise<EventMark>;
  /** `missing`: how many before the first are lost for good, since the agent does not keep them any more. */
  append(agent: AgentIdentity, events: readonly AgentEvent[], missing: number): Promise<void>;
}

export interface FleetMember extends ClusterName {
  /** Fingerprint of the accepted key (spec.agent.key). */
  readonly key?: string | undefined;
  /** UID of its kube-system namespace. */
  readonly id?: string | undefined;
}

/** Which clusters there are and who may speak for them, as of now. */
export interface FleetView {
  cluster(cluster: ClusterName): FleetMember | undefined;
  /** Called after each change, also when a cluster goes; the result ends it. */
  onChange(listener: (cluster: ClusterName) => void): () => void;
}
