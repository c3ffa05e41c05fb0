import { platformError } from '../../errors.ts';
import type { HubConnection } from '../connection/connection.ts';
import type { Objects, StoredObject } from './objects.ts';
import { watchObjects } from './watch.ts';

export interface Wait<T extends StoredObject> {
  readonly connection: HubConnection;
  readonly objects: Objects<T>;
  readonly name: string;
  /** What is waited for, for people. */
  readonly what: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Given undefined where there is no such object. */
  readonly isTrue: (object: T | undefined) => boolean;
  /** How it is now, in some words. */
  readonly describe: (object: T | undefined) => string;
  /** Gets the words each time that they change. */
  readonly onState: (state: string) => void;
}

/** Waits until something is true of an object, which is given back. Throws WAIT_TIMEOUT and what watching throws. */
export async function waitFor<T extends StoredObject>(wait: Wait<T>): Promise<T | undefined> {
  const { connection, objects, name, what, timeoutSeconds, isTrue, describe, onState } = wait;
  const limit = AbortSignal.timeout(timeoutSeconds * 1000);
  const signal = AbortSignal.any([wait.signal, limit]);
  let state = 'not seen yet';
  let object: T | undefined;
  let listed = false;
  try {
    for await (const change of watchObjects({ connection, objects, signal })) {
      if (change.type === 'listed') listed = true;
      else if (change.object.name !== name) continue;
      else object = change.type === 'deleted' ? undefined : change.object;
      // Before everything is listed, an object that was not seen may still come.
      if (object === undefined && !listed) continue;
      const now = describe(object);
      if (now !== state) onState(now);
      state = now;
      if (isTrue(object)) return object;
    }
  } catch (error) {
    wait.signal.throwIfAborted();
    if (!limit.aborted) throw error;
  }
  throw platformError('WAIT_TIMEOUT', {
    subject: name,
    detail: `waited ${timeoutSeconds} s for ${what}; last: ${state}`,
  });
}
