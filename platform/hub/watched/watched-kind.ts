import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { type FollowOptions, follow } from '../../../apply/client/follow.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { API_VERSION } from '../../api/group.ts';
import type { SeenObjects } from './seen-objects.ts';
import { keyOf } from './stored.ts';

export interface WatchedKindOptions<T> {
  readonly kind: string;
  /** The hub's own when absent. */
  readonly apiVersion?: string | undefined;
  /** What is known of an object; undefined, after saying why, for one of which nothing new can be read. */
  readonly read: (object: KubeObject, before: T | undefined, skip: (detail: string) => void) => T | undefined;
  /** What is read of an object at all, where most of it is not needed. */
  readonly keep?: ((object: KubeObject) => KubeObject) | undefined;
  /** Objects beyond are left out. */
  readonly max: number;
  /** Gets the objects whole, also those that can't be read. */
  readonly seen?: SeenObjects | undefined;
  /** An object that can't be read, or that is one too many. */
  readonly onSkipped: (key: string, detail: string) => void;
}

/** `now` is undefined when the object is gone, `before` when it was not known. */
export type ChangeListener<T> = (key: string, before: T | undefined, now: T | undefined) => void;

/** All objects of one kind as they were seen last, by one list and one watch for all who want to know. */
export class WatchedKind<T> {
  readonly #options: WatchedKindOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #listed = Promise.withResolvers<void>();
  #isListed = false;

  constructor(options: WatchedKindOptions<T>) {
    this.#options = options;
    const { seen } = options;
    if (seen === undefined) return;
    seen.onWritten = (key, object) =>
      object === undefined ? this.#change(key, undefined) : this.#put(object);
  }

  get kind(): string {
    return this.#options.kind;
  }

  /** False until there was a whole list: until then nothing follows from what is absent. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Settled once there was a whole list. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  entries(): IterableIterator<[string, T]> {
    return this.#objects.entries();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Calls the listener for each object that there is, then for each change; the result ends it. */
  subscribe(listener: ChangeListener<T>): () => void {
    for (const [key, now] of this.#objects) listener(key, undefined, now);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was just written counts at once, also before the watch says so. */
  put(object: KubeObject): void {
    const { keep = (whole: KubeObject) => whole, seen } = this.#options;
    if (seen === undefined) this.#put(keep(object));
    else seen.put(keep(object));
  }

  /** Watches until the signal is aborted; a watch that fails is begun again. */
  async follow(client: Pick<KubeClient, 'watch'>, options: FollowOptions): Promise<void> {
    const { kind, keep, apiVersion = API_VERSION } = this.#options;
    await follow(client, { apiVersion, kind, keep }, (event) => this.see(event), options);
  }

  /** What the API server said counts from here on. */
  see(event: WatchEvent): void {
    this.#options.seen?.see(event);
    if (event.type === 'listed') this.#replace(event.objects);
    else if (event.type === 'deleted') this.#change(keyOfObject(event.object), undefined);
    else this.#put(event.object);
  }

  #replace(objects: readonly KubeObject[]): void {
    const found = new Set(objects.map(keyOfObject));
    for (const key of this.#objects.keys()) if (!found.has(key)) this.#change(key, undefined);
    for (const object of objects) this.#put(object);
    this.#isListed = true;
    this.#listed.resolve();
  }

  #put(object: KubeObject): void {
    const key = keyOfObject(object);
    const { read, max, onSkipped } = this.#options;
    const before = this.#objects.get(key);
    const now = read(object, before, (detail) => onSkipped(key, detail));
    if (now === undefined) return;
    if (before === undefined && this.#objects.size >= max) onSkipped(key, `more than ${max}`);
    else this.#change(key, now);
  }

  #change(key: string, now: T | undefined): void {
    const before = this.#objects.get(key);
    if (now === undefined) this.#objects.delete(key);
    else this.#objects.set(key, now);
    for (const listener of this.#listeners) listener(key, before, now);
  }
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace ?? '', metadata.name);
}
