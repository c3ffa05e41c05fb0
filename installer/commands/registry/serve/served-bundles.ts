import { type BundleStore, openBundle } from '../../../../bundle/file/bundle-store.ts';
import { RandomAccessFile } from '../../../../bundle/file/file.ts';
import { readMark } from '../../../../bundle/volume/find-volumes.ts';
import { messageOf } from '../../../../content/error.ts';
import type { Store } from '../../../../content/store.ts';
import { findHiddenTags, OverlayStore } from '../../../../content/stores/overlay.ts';
import type { Log } from '../../../../registry/log.ts';

export interface ServedBundles {
  /** All of them as one. */
  readonly store: Store;
  /** Logs each tag that means different things in them, so that it is clear which image came. */
  reportHiddenTags(log: Log): Promise<void>;
  close(): Promise<void>;
}

/** Lines about hidden tags; of the rest the number is enough. */
const MAX_LINES = 100;

/**
 * Opens bundles that are whole, the first named laid over the others; volumes of one may be named together. Throws what
 * openBundle throws.
 */
export async function openBundles(paths: readonly string[]): Promise<ServedBundles> {
  const bundles: BundleStore[] = [];
  const stopped = new AbortController();
  const closeAll = async () => {
    stopped.abort();
    await Promise.all(bundles.map((bundle) => bundle.close()));
  };
  try {
    for (const [path, ...volumes] of await bySet(paths)) bundles.push(await openBundle(path, { volumes }));
    // Said now, and not to each node that asks for what is missing.
    for (const bundle of bundles) bundle.checkSize();
  } catch (error) {
    await closeAll();
    throw error;
  }
  const [only, ...more] = bundles;
  return {
    store: only !== undefined && more.length === 0 ? only : new OverlayStore(bundles),
    reportHiddenTags: (log) => reportHiddenTags(bundles, log, stopped.signal),
    close: closeAll,
  };
}

/** The files that were named, those together that are volumes of one set. */
async function bySet(paths: readonly string[]): Promise<[string, ...string[]][]> {
  const sets = new Map<string, [string, ...string[]]>();
  for (const path of paths) {
    const file = await RandomAccessFile.open(path);
    const mark = await readMark(file).finally(() => file.close());
    const key = mark?.set ?? path;
    const known = sets.get(key);
    if (known === undefined) sets.set(key, [path]);
    else if (mark !== undefined) known.push(path);
  }
  return [...sets.values()];
}

async function reportHiddenTags(bundles: readonly Store[], log: Log, signal: AbortSignal): Promise<void> {
  let hidden = 0;
  try {
    for await (const { repository, tag, by, hides } of findHiddenTags(bundles, { signal })) {
      if (signal.aborted) return;
      hidden++;
      if (hidden <= MAX_LINES) log({ event: 'tag-hidden', tag: `${repository}:${tag}`, by, hides });
    }
    if (hidden > MAX_LINES) log({ event: 'tags-hidden', hidden });
  } catch (error) {
    if (!signal.aborted) log({ event: 'hidden-tags-unknown', error: messageOf(error) });
  }
}
