import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject, listAt } from '../json.ts';
import { describeObject, type KubeObject } from '../object.ts';

/** What a call is refused with. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/**
 * The objects of a scripted cluster, with what the API server itself does to them: uids, resource versions, finalizers,
 * the garbage collection of owned objects, and namespaces that take with them what is in them.
 */
export class Objects {
  readonly #objects = new Map<string, KubeObject>();
  /** What each manager applied last, by object. */
  readonly #applied = new Map<string, Map<string, unknown>>();
  readonly #watchers = new Set<(change: Change) => void>();
  #version = 100;

  /** Called with each object that was made or changed; what it gives back takes its place. */
  controller: (object: KubeObject) => KubeObject = (object) => object;

  get version(): string {
    return String(this.#version);
  }

  all(): KubeObject[] {
    return [...this.#objects.values()];
  }

  find(id: string): KubeObject | undefined {
    return this.#objects.get(id);
  }

  watch(onChange: (change: Change) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  create(object: KubeObject): KubeObject {
    const id = describeObject(object);
    if (this.#objects.has(id)) throw new Refusal(409, 'AlreadyExists', `${id} already exists`);
    this.#checkNamespace(object);
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString(),
      generation: 1,
    };
    return this.#store({ ...object, metadata }, 'ADDED');
  }

  replace(object: KubeObject): KubeObject {
    const found = this.#found(object);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion)
      throw new Refusal(409, 'Conflict', 'the object has been modified');
    const { uid, creationTimestamp, deletionTimestamp } = found.metadata;
    const metadata = {
      ...object.metadata,
      uid,
      creationTimestamp,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    };
    return this.#settle(this.#store({ ...object, metadata }, 'MODIFIED'));
  }

  /** Server-side apply, as far as an installer sees it: fields that the manager no longer states go. */
  apply(object: KubeObject, manager: string): KubeObject {
    const id = describeObject(object);
    const found = this.#objects.get(id);
    const applied = this.#applied.get(id) ?? new Map<string, unknown>();
    this.#applied.set(id, applied);
    const before = applied.get(manager);
    applied.set(manager, object);
    if (found === undefined) return this.create(object);
    const merged = merge(without(found, before, object), object);
    if (!isObject(merged)) throw new Refusal(422, 'Invalid', `${id} is no object`);
    const { resourceVersion: _, ...metadata } = merged.metadata;
    return this.#settle(this.#store({ ...merged, metadata }, 'MODIFIED'));
  }

  /** RFC 7396, status left out. */
  patch(id: string, patch: unknown): KubeObject {
    const found = this.#objects.get(id);
    if (found === undefined) throw new Refusal(404, 'NotFound', `${id} not found`);
    const patched = mergePatched(found, patch);
    if (!isObject(patched)) throw new Refusal(422, 'Invalid', `${id} is no object`);
    if (patched.metadata.uid !== found.metadata.uid)
      throw new Refusal(409, 'Conflict', 'Precondition failed: UID in precondition does not match');
    return this.replace({ ...patched, ...(found.status === undefined ? {} : { status: found.status }) });
  }

  /** True when it went at once; with finalizers it only ends. */
  delete(id: string, { uid, resourceVersion }: Preconditions = {}): boolean {
    const found = this.#objects.get(id);
    if (found === undefined) throw new Refusal(404, 'NotFound', `${id} not found`);
    if (uid !== undefined && uid !== found.metadata.uid)
      throw new Refusal(409, 'Conflict', 'Precondition failed: UID');
    if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion)
      throw new Refusal(409, 'Conflict', 'Precondition failed: ResourceVersion');
    const deletionTimestamp = found.metadata.deletionTimestamp ?? new Date().toISOString();
    const metadata = { ...found.metadata, deletionTimestamp };
    return this.#settle(this.#store({ ...found, metadata }, 'MODIFIED')).metadata.resourceVersion === '';
  }

  #found(object: KubeObject): KubeObject {
    const id = describeObject(object);
    const found = this.#objects.get(id);
    if (found === undefined) throw new Refusal(404, 'NotFound', `${id} not found`);
    return found;
  }

  #checkNamespace({ metadata: { namespace } }: KubeObject): void {
    if (namespace === undefined) return;
    const found = this.#objects.get(`Namespace ${namespace}`);
    if (found === undefined) throw new Refusal(404, 'NotFound', `namespaces "${namespace}" not found`);
    if (found.metadata.deletionTimestamp !== undefined)
      throw new Refusal(403, 'Forbidden', `namespace ${namespace} is being terminated`);
  }

  #store(object: KubeObject, type: Change['type']): KubeObject {
    this.#version++;
    const controlled = this.controller(object);
    const stored = {
      ...controlled,
      metadata: { ...controlled.metadata, resourceVersion: String(this.#version) },
    };
    this.#objects.set(describeObject(stored), stored);
    this.#tell({ type, object: stored });
    return stored;
  }

  // Ends what was deleted and has nothing left that keeps it.
  #settle(object: KubeObject): KubeObject {
    if (object.metadata.deletionTimestamp === undefined) return object;
    if (object.kind === 'Namespace') this.#empty(object);
    const isKept =
      listAt(object, 'metadata', 'finalizers').length > 0 ||
      (object.kind === 'Namespace' && this.#contents(object).length > 0);
    const id = describeObject(object);
    if (isKept) return this.#objects.get(id) ?? object;
    this.#objects.delete(id);
    this.#applied.delete(id);
    this.#version++;
    this.#tell({ type: 'DELETED', object });
    for (const owned of this.all().filter((other) => isOwnedBy(other, object)))
      this.delete(describeObject(owned));
    const namespace = this.#objects.get(`Namespace ${object.metadata.namespace}`);
    if (namespace?.metadata.deletionTimestamp !== undefined) this.#settle(namespace);
    return { ...object, metadata: { ...object.metadata, resourceVersion: '' } };
  }

  #contents(namespace: KubeObject): KubeObject[] {
    return this.all().filter(({ metadata }) => metadata.namespace === namespace.metadata.name);
  }

  #empty(namespace: KubeObject): void {
    for (const object of this.#contents(namespace)) {
      if (object.metadata.deletionTimestamp === undefined) this.delete(describeObject(object));
    }
    const left = this.#contents(namespace);
    if (left.length === 0 || !this.#objects.has(describeObject(namespace))) return;
    const kept = left.flatMap((object) => listAt(object, 'metadata', 'finalizers').map(String));
    const message = `Some content in the namespace has finalizers remaining: ${kept.join(', ')}`;
    const conditions = [{ type: 'NamespaceFinalizersRemaining', status: 'True', message }];
    this.#store({ ...namespace, status: { phase: 'Terminating', conditions } }, 'MODIFIED');
  }

  #tell(change: Change): void {
    for (const watcher of this.#watchers) watcher(change);
  }
}

function isOwnedBy({ metadata: { ownerReferences = [] } }: KubeObject, owner: KubeObject): boolean {
  return ownerReferences.some(({ uid }) => uid === owner.metadata.uid);
}

function isObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && isJsonObject(value.metadata);
}

function merge(base: unknown, change: unknown): unknown {
  if (!isJsonObject(base) || !isJsonObject(change)) return change;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) merged[key] = merge(base[key], value);
  return merged;
}

function mergePatched(value: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, unknown> = isJsonObject(value) ? { ...value } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete merged[key];
    else merged[key] = mergePatched(merged[key], change);
  }
  return merged;
}

/** `found` without what stood in `before` and no longer stands in `now`. */
function without(found: unknown, before: unknown, now: unknown): unknown {
  if (!isJsonObject(found) || !isJsonObject(before)) return found;
  const current: JsonObject = isJsonObject(now) ? now : {};
  const kept = Object.entries(found).flatMap(([key, value]): [string, unknown][] => {
    if (!(key in before)) return [[key, value]];
    if (isJsonObject(before[key])) return [[key, without(value, before[key], current[key])]];
    return key in current ? [[key, value]] : [];
  });
  return Object.fromEntries(kept);
}
