import type { Exchange } from './exchange.ts';

/** A change of a repository that a request made. */
export interface RepositoryChange {
  readonly action:
    | 'push-manifest'
    | 'push-blob'
    | 'mount-blob'
    | 'delete-manifest'
    | 'delete-tag'
    | 'delete-blob';
  readonly repository: string;
  readonly digest?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The repository that a blob was mounted from. */
  readonly from?: string | undefined;
}

/** Where changes are recorded before the client learns that they were made. */
export interface ChangeRecord {
  /** Rejects when that can't be done; then the change must not be acknowledged. */
  record(exchange: Exchange, change: RepositoryChange): Promise<void>;
}
