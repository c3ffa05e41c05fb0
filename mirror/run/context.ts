import type { CreateOptions } from '../../bundle/create.ts';
import type { CopyProgress } from '../../content/copy/copy-counter.ts';
import type { compareItems, copyItems } from '../../content/copy/copy-items.ts';
import type { MirrorFile } from '../file/mirror-file.ts';
import type { Locations } from '../stores/open-location.ts';

/** Helm for the charts of a job, and a folder for its files; the caller that gives them takes care of both. */
export interface ChartTools {
  readonly helm: CreateOptions['helm'];
  readonly scratch: string;
}

/** All that jobs are carried out with. */
export interface MirrorContext {
  readonly file: MirrorFile;
  readonly engine: { readonly compareItems: typeof compareItems; readonly copyItems: typeof copyItems };
  readonly locations: Locations;
  /** Called for jobs with charts alone. */
  readonly charts: () => Promise<ChartTools>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}
