import type { ContentIndex } from '../store/content-index.ts';
import type { BlobFiles } from '../store/files/blob-files.ts';
import type { StoreLog } from '../store/log/store-log.ts';
import type { Pins } from '../store/pins.ts';

/** What garbage collection works on: the ports of a store. Each step names those that it needs. */
export interface GcStore {
  readonly folder: string;
  readonly files: BlobFiles;
  readonly index: ContentIndex;
  readonly log: StoreLog;
  readonly pins: Pins;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}
