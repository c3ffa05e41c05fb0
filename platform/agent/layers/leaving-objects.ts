import type { KubeClient } from '../../../apply/client/client.ts';
import type { ReleaseId } from '../../../apply/helm/helm-release.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { waitGone } from '../../../apply/wait/wait-gone.ts';
import { platformError } from '../../errors.ts';

type Client = Pick<KubeClient, 'get' | 'isServed' | 'watch'>;

const GONE_MS = 60_000;

/**
 * What was asked to go with a layer. Helm has forgotten the release by the time that finalizers hold something up, so it
 * is kept in mind here until the last of it is gone; the journal keeps it over a restart.
 */
export class LeavingObjects {
  readonly #byLayer = new Map<string, readonly KubeObject[]>();
  readonly #patienceMs: number;

  /** So long nothing may happen to an object that is on its way out, in milliseconds. */
  constructor(patienceMs = GONE_MS) {
    this.#patienceMs = patienceMs;
  }

  add(layer: ReleaseId, objects: readonly KubeObject[]): void {
    if (objects.length > 0) this.#byLayer.set(keyOf(layer), objects.map(asReference));
  }

  /** What was remembered from before a restart. */
  recall(layer: ReleaseId, objects: readonly KubeObject[]): void {
    if (!this.#byLayer.has(keyOf(layer))) this.add(layer, objects);
  }

  /** Throws LAYER_FAILED for what does not go away. */
  async waitGone(client: Client, layer: ReleaseId, signal: AbortSignal): Promise<void> {
    for (const object of this.#byLayer.get(keyOf(layer)) ?? []) await this.#waitGone(client, object, signal);
    this.#byLayer.delete(keyOf(layer));
  }

  async #waitGone(client: Client, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, metadata } = object;
    if (!(await client.isServed(apiVersion, kind, { signal }))) return;
    if (!isLeaving(await client.get(object, { signal }))) return;
    const fieldSelector = `metadata.name=${metadata.name}`;
    const patienceMs = this.#patienceMs;
    const selection = { apiVersion, kind, namespace: metadata.namespace, fieldSelector };
    const left = await waitGone({ client, selection, isMeant: isLeaving, patienceMs, signal });
    if (left.length > 0)
      throw platformError('LAYER_FAILED', { subject: describeObject(object), detail: 'it does not go away' });
  }
}

// What is there and was not asked to go is kept, belongs to another release by now, or was made again by somebody.
function isLeaving(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

function asReference({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace } };
}

function keyOf({ name, namespace }: ReleaseId): string {
  return `${namespace}/${name}`;
}
