/** A store that writes down at the end of a batch what it would otherwise write down with each manifest. */
export interface BatchingStore {
  /**
   * Begins a batch; the function that comes back ends it, when all is written down. What a batch has brought can be read
   * from this store at once, by others when the batch has ended or grown large.
   */
  beginBatch(): () => Promise<void>;
}

/** Runs `work` in a batch of the store, where it has such. */
export async function inBatch<T>(store: object, work: () => Promise<T>): Promise<T> {
  const end = begin(store);
  try {
    return await work();
  } finally {
    await end();
  }
}

/** The same around a stream; the batch ends with it, also when nobody wants more of it. */
export async function* streamInBatch<T>(store: object, stream: AsyncIterable<T>): AsyncGenerator<T> {
  const end = begin(store);
  try {
    yield* stream;
  } finally {
    await end();
  }
}

function begin(store: object): () => Promise<void> {
  return isBatching(store) ? store.beginBatch() : async () => {};
}

function isBatching(store: object): store is BatchingStore {
  return 'beginBatch' in store;
}
