import type { CallOptions, Store } from '../store.ts';

/** A store that can say whether a repository exists without listing them. */
export interface KnowingStore extends Store {
  hasRepository(repository: string, options?: CallOptions): Promise<boolean>;
}

/** Repositories listed at once in search of one. */
const STEP = 1000;

/** Whether any store holds a repository of this name; one that can't say it is asked for its list. */
export async function hasRepository(
  store: Store,
  repository: string,
  options: CallOptions = {},
): Promise<boolean> {
  if (isKnowing(store)) return await store.hasRepository(repository, options);
  let after: string | undefined;
  for (;;) {
    const names: string[] = await store.listRepositories({ limit: STEP, after, ...options });
    if (names.includes(repository)) return true;
    after = names.at(-1);
    if (names.length < STEP || after === undefined || after > repository) return false;
  }
}

function isKnowing(store: Store): store is KnowingStore {
  return 'hasRepository' in store;
}
