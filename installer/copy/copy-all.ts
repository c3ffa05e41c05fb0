import { copyToBundle } from '../../bundle/file/copy-to-bundle.ts';
import { type CopyProgress, copyContent } from '../../content/copy/copy.ts';
import { copyItems } from '../../content/copy/copy-items.ts';
import type { CopyItem, SparseChoice } from '../../content/copy/copy-plan.ts';
import { CopySummary, describeFailure } from '../../content/copy/copy-summary.ts';
import { describeOmission, lossOf } from '../../content/copy/omission.ts';
import type { SkerryError } from '../../content/error.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import { formatBytes } from '../terminal/units.ts';

const RECHECK =
  'Read what is missing; if it is needed (a signature), mend the cause at the source and run the command again with --recheck.';

/** How things are copied. */
export interface CopySettings {
  readonly release?: string | undefined;
  readonly parallel: number;
  readonly allowSparse: SparseChoice;
  readonly recheck?: boolean | undefined;
}

/** A store, or the path of a bundle that is to be made. */
export type CopyTarget = WritableStore | { readonly bundle: string };

export function nameOf(target: CopyTarget): string {
  return 'bundle' in target ? `bundle ${target.bundle}` : target.name;
}

export interface CopyWork {
  readonly source: Store;
  readonly target: CopyTarget;
  readonly items: readonly CopyItem[];
  /** They were named one by one. */
  readonly isNamed: boolean;
  readonly options: CopySettings;
  readonly signal: AbortSignal;
}

export interface CopyEnd {
  /** Bytes of blobs that were copied, and of those that were found there. */
  readonly bytes: number;
  readonly report: object;
  readonly said: string;
  readonly lines: readonly string[];
  readonly failure: SkerryError | undefined;
}

/** Copies the items, as a release whole or not at all, else each by itself. */
export async function copyAll(
  work: CopyWork,
  onProgress: (progress: CopyProgress) => void,
): Promise<CopyEnd> {
  const { target, options } = work;
  return options.release === undefined || 'bundle' in target
    ? await copyNames(work, onProgress)
    : await copyRelease({ ...work, target }, onProgress);
}

// A release is there with all that it names, or not at all; what a signed one leaves out was left out when it was made.
async function copyRelease(
  { source, target, items, options, signal }: CopyWork & { readonly target: WritableStore },
  onProgress: (progress: CopyProgress) => void,
): Promise<CopyEnd> {
  const settings = {
    signal,
    width: options.parallel,
    sparse: 'any',
    recheckContent: true,
    onProgress,
  } as const;
  const result = await copyContent(source, target, items, settings);
  const { bytesCopied, bytesSkipped, manifests, omissions } = result;
  return {
    bytes: bytesCopied + bytesSkipped,
    report: result,
    said: `${formatBytes(bytesCopied)} copied, ${formatBytes(bytesSkipped)} there already`,
    lines: [`${manifests} manifests, ${formatBytes(bytesCopied)} copied`, ...omissions.map(describeOmission)],
    failure: lossOf(omissions),
  };
}

async function copyNames(
  { source, target, items, isNamed, options, signal }: CopyWork,
  onProgress: (progress: CopyProgress) => void,
): Promise<CopyEnd> {
  const { parallel, allowSparse, recheck = false, release } = options;
  const sparse = release === undefined ? allowSparse : 'any';
  const settings = {
    ...{ signal, width: parallel, sparse, onProgress },
    // Who names an image wants what belongs to it by now; of everything that would cost a question for each.
    ...{ recheckContent: recheck, recheckReferrers: recheck || isNamed },
  };
  const summary = new CopySummary();
  const results =
    'bundle' in target
      ? await copyToBundle(target.bundle, source, items, settings)
      : copyItems(source, target, items, settings);
  for await (const result of results) summary.add(result);
  const { counts, bytesCopied, failures, omissions } = summary;
  const said = `${formatBytes(bytesCopied)} copied; ${counts.done} names new or changed, ${counts.skipped} there already, ${counts.failed} failed`;
  return {
    bytes: bytesCopied,
    report: {
      bytesCopied,
      ...counts,
      failures: failures.map(({ item: { repository, reference }, error: { code, message } }) => ({
        ...{ repository, reference, code, message },
      })),
      omissions,
    },
    said,
    lines: [said, ...failures.map(describeFailure), ...omissions.map(describeOmission)],
    failure: summary.failure(nameOf(target), RECHECK),
  };
}
