/** What can be read in the audit log. */
export type AuditAction =
  /** The log itself: where the registry began to write. */
  | 'open'
  /** The log itself: the file before was moved away, and this one continues it. */
  | 'continue'
  | 'login'
  | 'token'
  | 'push-manifest'
  | 'push-blob'
  | 'mount-blob'
  | 'delete-manifest'
  | 'delete-tag'
  | 'delete-blob'
  /** Garbage collection: a manifest that it took from a repository, and all that one run took. */
  | 'collect-manifest'
  | 'collect'
  /** A corrupt file that was quarantined, and content that was fetched again. */
  | 'quarantine'
  | 'repair'
  | 'user-add'
  | 'user-change'
  | 'user-remove';

/** One line of the audit log. Never a secret: no password, no hash, no token. */
export interface AuditEntry {
  readonly action: AuditAction;
  readonly result: 'done' | 'refused' | 'failed';
  /** Under which the request is found in the request log. */
  readonly request?: string | undefined;
  readonly user?: string | undefined;
  readonly remote?: string | undefined;
  readonly repository?: string | undefined;
  readonly digest?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** What was not done over the network: the user of the machine, or `schedule`. */
  readonly by?: string | undefined;
  /** The account that was added, changed or removed. */
  readonly account?: string | undefined;
  /** The repository that a blob was mounted from, or the source that content was repaired from. */
  readonly from?: string | undefined;
  /** How someone logged in. */
  readonly method?: string | undefined;
  /** A token: its id, and what it is good for. */
  readonly token?: string | undefined;
  readonly scope?: string | undefined;
  /** Seconds for which further tries are not looked at. */
  readonly blockedFor?: number | undefined;
  /** Why something failed, as an error code of the protocol. */
  readonly code?: string | undefined;
  /** Why something went. */
  readonly reason?: string | undefined;
  /** What a collection took: from repositories, and files with their bytes. */
  readonly manifests?: number | undefined;
  readonly blobs?: number | undefined;
  readonly files?: number | undefined;
  readonly bytes?: number | undefined;
  /** So many more, which have no line of their own. */
  readonly unnamed?: number | undefined;
  /** So many logins as this one. */
  readonly tries?: number | undefined;
}

/** Where changes and logins are written down. */
export interface Audit {
  /** Resolves once the line is in the file; rejects when it can't be, and then what it says must not be acknowledged. */
  record(entry: AuditEntry): Promise<void>;
}

/** Nothing is written down. */
export const noAudit: Audit = { record: async () => {} };
