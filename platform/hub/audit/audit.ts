import type { EventMark } from '../../desired/events.ts';

/** One thing that was done in or through the hub. Never a secret: no token, no password, no key. */
export interface AuditEntry {
  /** Who: a user of the API, `hub` for a controller, `agent PROJECT/NAME` for an agent. */
  readonly actor: string;
  /** What, in one word of the API's: `create`, `accept`, `revoke`, `roll-out`. */
  readonly action: string;
  /** To what, as `Kind.group namespace/name`. */
  readonly subject: string;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Why it was refused or failed, as an error code. */
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  /** Under which the request is found in the hub's log. */
  readonly request?: string | undefined;
  /** Now when absent. */
  readonly at?: Date | undefined;
  /** Of an agent's event: which it is of all that this agent ever had. */
  readonly event?: StreamEvent | undefined;
}

/** An event of an agent; `stream` is PROJECT/NAME and the fingerprint of its key. */
export interface StreamEvent extends EventMark {
  readonly stream: string;
}

/** Where the hub writes down what is done. */
export interface Audit {
  /**
   * Resolves once the line is kept in the cluster; rejects with AUDIT_FULL when too many are waiting. Who can't wait
   * may let it go: an entry that is waiting is tried until the hub stops.
   */
  record(entry: AuditEntry): Promise<void>;
}
