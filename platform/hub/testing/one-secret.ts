import { applyError } from '../../../apply/errors.ts';
import type { KubeObject } from '../../../apply/object.ts';

/** One Secret, guarded by its resourceVersion as the API server guards it. */
export class OneSecret {
  object: KubeObject | undefined = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hub-tls', namespace: 'system', resourceVersion: '1', labels: { kept: 'yes' } },
    type: 'Opaque',
  };
  writes = 0;
  /** Called before each write, as someone else who is quicker. */
  before: () => void = () => undefined;

  async get(): Promise<KubeObject | undefined> {
    return this.object;
  }

  async replace(object: KubeObject): Promise<KubeObject> {
    this.before();
    if (object.metadata.resourceVersion !== this.object?.metadata.resourceVersion) {
      throw applyError('OBJECT_CHANGED', { subject: 'Secret system/hub-tls' });
    }
    this.writes++;
    return this.set(object);
  }

  set(object: KubeObject): KubeObject {
    const next = String(Number(this.object?.metadata.resourceVersion ?? 0) + 1);
    this.object = { ...object, metadata: { ...object.metadata, resourceVersion: next } };
    return this.object;
  }

  put(data: Record<string, string>): void {
    const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    if (this.object !== undefined) this.set({ ...this.object, data: Object.fromEntries(encoded) });
  }

  text(key: string): string {
    const data = this.object?.data;
    const value =
      typeof data === 'object' && data !== null ? Object.entries(data).find(([k]) => k === key)?.[1] : '';
    return Buffer.from(String(value ?? ''), 'base64').toString();
  }
}
