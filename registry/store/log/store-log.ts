import type { AppendNow, LogPosition } from './change-log.ts';
import type { Transactions } from './new-log.ts';

/** The log of a store, as maintenance appends to it and replaces it. */
export interface StoreLog {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Runs `work` while nothing else appends: what was appended before is applied, what comes meanwhile waits. So what
   * `work` finds in the index stays as it is, except for what it appends itself.
   */
  exclusively<T>(work: (append: AppendNow) => Promise<T>): Promise<T>;
  /**
   * Replaces the log by a shorter one: `transactions`, which lead to what was true at `from`, and all that was appended
   * since. Others go on appending and wait for the last step only. Throws DISK_FULL; then the log is as it was.
   */
  rewrite(transactions: Transactions, from: LogPosition, apply: (end: LogPosition) => void): Promise<void>;
}
