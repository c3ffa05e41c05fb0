import type { WatchEvent } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { isLater } from './resource-version.ts';
import { keyOf } from './stored.ts';

/** Something that happened to an object. */
export interface Change {
  readonly key: string;
  /** As it is now, or was last. */
  readonly object: KubeObject;
  readonly isDeleted: boolean;
}

/** A change, and the resourceVersion up to which all changes were reported with it. */
export interface Notice {
  readonly change?: Change;
  readonly upTo?: string;
}

/** How many changes are kept of a kind for those who come again. */
const MAX_KEPT = 20_000;

/** All objects of one kind whole, as they were seen last, and the latest changes in the order of the watch. */
export class SeenObjects {
  readonly kind: CustomResource;
  /** Who else keeps the same objects. */
  onWritten: ((key: string, object: KubeObject | undefined) => void) | undefined;
  readonly #objects = new Map<string, KubeObject>();
  /** Only what was last reported of an object that is gone is kept of it: of the others it is in objects. */
  readonly #kept: { readonly version: string; readonly key: string; readonly gone?: KubeObject }[] = [];
  readonly #listeners = new Set<(notice: Notice) => void>();
  /** What the watch said of each, apart from what was put. */
  readonly #versions = new Map<string, string>();
  /** All changes after this one are kept. */
  #floor: string | undefined;
  #position: string | undefined;

  constructor(kind: CustomResource) {
    this.kind = kind;
  }

  /** All changes up to this resourceVersion were seen; undefined before the first list. */
  get position(): string | undefined {
    return this.#position;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  /**
   * What changed after a resourceVersion, each object once and as it is now; undefined where that is not known any more,
   * or not yet.
   */
  since(version: string): readonly Change[] | undefined {
    if (this.#floor === undefined || this.#position === undefined) return undefined;
    if (isLater(this.#floor, version) || isLater(version, this.#position)) return undefined;
    const later = this.#kept.filter((kept) => isLater(kept.version, version));
    const last = new Map(later.map(({ key, gone }) => [key, gone]));
    return [...last].flatMap(([key, gone]): Change[] => {
      const object = this.#objects.get(key);
      if (object !== undefined) return [{ key, object, isDeleted: false }];
      // What was just deleted here is reported when the watch says so.
      return gone === undefined ? [] : [{ key, object: gone, isDeleted: true }];
    });
  }

  /** Calls the listener for each change from now on, and for each resourceVersion up to which all was reported. */
  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was just written counts at once for who reads; it is reported when the watch says so. */
  put(object: KubeObject): void {
    this.#objects.set(keyOfObject(object), object);
    this.onWritten?.(keyOfObject(object), object);
  }

  /** What was just deleted. */
  drop(key: string): void {
    this.#objects.delete(key);
    this.onWritten?.(key, undefined);
  }

  /** What the API server said. */
  see(event: WatchEvent): void {
    if (event.type === 'listed') this.#replace(event.objects, event.resourceVersion);
    else this.#next(event.object, event.type === 'deleted');
  }

  // What is different in a list is in no order: only once all of it was reported, all up to its version was.
  #replace(objects: readonly KubeObject[], version = ''): void {
    const gone = new Map([...this.#objects].filter(([key]) => this.#versions.has(key)));
    for (const object of objects) {
      const key = keyOfObject(object);
      gone.delete(key);
      if (this.#versions.get(key) !== object.metadata.resourceVersion)
        this.#notify({ change: this.#change(object, false) });
    }
    for (const object of gone.values()) this.#notify({ change: this.#change(object, true) });
    this.#kept.length = 0;
    this.#floor = version;
    this.#notify({ upTo: version });
  }

  #next(object: KubeObject, isDeleted: boolean): void {
    const { resourceVersion: version = this.#position ?? '' } = object.metadata;
    const change = this.#change(object, isDeleted);
    this.#kept.push({ version, key: change.key, ...(isDeleted ? { gone: object } : {}) });
    if (this.#kept.length > MAX_KEPT * 1.2) {
      const dropped = this.#kept.splice(0, this.#kept.length - MAX_KEPT);
      this.#floor = dropped.at(-1)?.version ?? this.#floor;
    }
    this.#notify({ change, upTo: version });
  }

  #change(object: KubeObject, isDeleted: boolean): Change {
    const key = keyOfObject(object);
    if (isDeleted) {
      this.#objects.delete(key);
      this.#versions.delete(key);
    } else {
      if (!this.#knowsLater(key, object)) this.#objects.set(key, object);
      this.#versions.set(key, object.metadata.resourceVersion ?? '');
    }
    return { key, object, isDeleted };
  }

  // What was put may be ahead of the watch.
  #knowsLater(key: string, { metadata }: KubeObject): boolean {
    const known = this.#objects.get(key)?.metadata;
    return (
      known?.uid === metadata.uid && isLater(known?.resourceVersion ?? '', metadata.resourceVersion ?? '')
    );
  }

  #notify(notice: Notice): void {
    this.#position = notice.upTo ?? this.#position;
    for (const listener of this.#listeners) listener(notice);
  }
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace ?? '', metadata.name);
}
