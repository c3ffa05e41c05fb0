import type { KubeClient } from '../../apply/client/client.ts';
import { applyError } from '../../apply/errors.ts';
import type { KubeObject } from '../../apply/object.ts';

type Reference = Parameters<KubeClient['get']>[0];

/** Objects of a cluster, as the API server keeps them, without any time passing. */
export class MemoryStore implements Pick<KubeClient, 'get' | 'create' | 'replace'> {
  #objects = new Map<string, KubeObject>();
  #version = 0;

  async get(reference: Reference): Promise<KubeObject | undefined> {
    return this.#objects.get(keyOf(reference));
  }

  async create(object: KubeObject): Promise<KubeObject> {
    if (this.#objects.has(keyOf(object))) throw applyError('OBJECT_CHANGED', { subject: keyOf(object) });
    return this.#put(object);
  }

  async replace(object: KubeObject): Promise<KubeObject> {
    const { resourceVersion } = object.metadata;
    const found = this.#objects.get(keyOf(object))?.metadata.resourceVersion;
    if (found === undefined || (resourceVersion !== undefined && resourceVersion !== found))
      throw applyError('OBJECT_CHANGED', { subject: keyOf(object) });
    return this.#put(object);
  }

  delete(...names: readonly string[]): void {
    for (const [key, { metadata }] of this.#objects)
      if (names.includes(metadata.name)) this.#objects.delete(key);
  }

  copy(): ReadonlyMap<string, KubeObject> {
    return new Map(this.#objects);
  }

  restore(copy: ReadonlyMap<string, KubeObject>): void {
    this.#objects = new Map(copy);
  }

  #put(object: KubeObject): KubeObject {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    const stored = { ...object, metadata };
    this.#objects.set(keyOf(object), stored);
    return stored;
  }
}

function keyOf({ kind, metadata }: Reference): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
