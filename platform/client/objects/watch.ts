import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { DEFAULT_RETRY, pause } from '../../../content/remote/retry.ts';
import type { HubConnection } from '../connection/connection.ts';
import { isRefusal } from '../connection/problem-error.ts';
import { narrow, narrowText } from '../narrow.ts';
import type { Objects, StoredObject } from './objects.ts';

export interface WatchOptions<T extends StoredObject> {
  readonly connection: HubConnection;
  readonly objects: Objects<T>;
  readonly labelSelector?: string | undefined;
  readonly signal: AbortSignal;
  /** Gets what a stream broke with, before it is begun again. */
  readonly onLost?: ((error: unknown) => void) | undefined;
}

export type Change<T extends StoredObject> =
  | { readonly type: 'present' | 'deleted'; readonly object: T }
  /** All that is there has been said. */
  | { readonly type: 'listed' };

const Listed = z.looseObject({ items: z.array(z.unknown()) });

/**
 * What is there, then every change to it, until `signal` ends it. A stream that breaks is begun again: what is there is
 * said once more, and what went in between is said to be deleted. Throws what asking again can't mend.
 */
export async function* watchObjects<T extends StoredObject>(
  options: WatchOptions<T>,
): AsyncGenerator<Change<T>, void, undefined> {
  const { signal, onLost } = options;
  const known = new Map<string, T>();
  for (let failures = 1; ; failures++) {
    try {
      for await (const change of watchOnce(options, known)) {
        failures = 0;
        yield change;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      onLost?.(error);
    }
    await pause(DEFAULT_RETRY, Math.max(1, failures), signal);
  }
}

async function* watchOnce<T extends StoredObject>(
  { connection, objects, labelSelector, signal }: WatchOptions<T>,
  known: Map<string, T>,
): AsyncGenerator<Change<T>, void, undefined> {
  const path = objects.collectionPath({ labelSelector });
  const { answer } = objects.kind;
  for await (const { event, data } of connection.events({ method: 'GET', path, signal })) {
    if (event === 'listed') {
      const { items } = narrowText(Listed, data, path);
      const gone = new Map(known);
      for (const item of items) {
        const object = narrow(answer, item, path);
        known.set(keyOf(object), object);
        gone.delete(keyOf(object));
        yield { type: 'present', object };
      }
      for (const [key, object] of gone) {
        known.delete(key);
        yield { type: 'deleted', object };
      }
      yield { type: 'listed' };
    } else if (event === 'added' || event === 'modified') {
      const object = narrowText(answer, data, path);
      known.set(keyOf(object), object);
      yield { type: 'present', object };
    } else if (event === 'deleted') {
      const object = narrowText(answer, data, path);
      known.delete(keyOf(object));
      yield { type: 'deleted', object };
    }
  }
}

function keyOf({ project, name }: StoredObject): string {
  return `${project}/${name}`;
}

function isPassing(error: unknown): boolean {
  return isSkerryError(error, 'HUB_UNREACHABLE') || isRefusal(error, 410, 429, 502, 503);
}
