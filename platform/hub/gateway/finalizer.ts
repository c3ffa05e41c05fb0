import type { KubeClient } from '../../../apply/client/client.ts';
import { listAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { change } from '../enroll/stored.ts';
import { keyOf, referenceTo } from '../watched/stored.ts';

/** What keeps an object there until the gateway has taken away what was made for it. */
const FINALIZER = 'skerry.dev/gateway';

/** What the machines of a cluster are marked with: it outlives the object's UID in a backup. */
export const MACHINES = 'skerry.dev/machines';

interface Finalized {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly finalizers: readonly string[];
  };
}

/** Makes an object stay when it is deleted. */
export async function hold(
  client: Pick<KubeClient, 'get' | 'replace'>,
  kind: string,
  object: Finalized,
  signal: AbortSignal,
): Promise<void> {
  if (object.metadata.finalizers.includes(FINALIZER)) return;
  await set(client, kind, object, (finalizers) => [...finalizers, FINALIZER], signal);
}

/** Lets it go. */
export async function release(
  client: Pick<KubeClient, 'get' | 'replace'>,
  kind: string,
  object: Finalized,
  signal: AbortSignal,
): Promise<void> {
  if (!object.metadata.finalizers.includes(FINALIZER)) return;
  await set(client, kind, object, (finalizers) => finalizers.filter((name) => name !== FINALIZER), signal);
}

async function set(
  client: Pick<KubeClient, 'get' | 'replace'>,
  kind: string,
  { metadata: { namespace, name } }: Finalized,
  to: (finalizers: readonly string[]) => string[],
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion } = referenceTo(kind, keyOf(namespace, name));
  const changed = (object: KubeObject): KubeObject | undefined => {
    const before = listAt(object, 'metadata', 'finalizers').filter((name) => typeof name === 'string');
    const isHeld = before.includes(FINALIZER);
    const finalizers = to(before);
    if (finalizers.includes(FINALIZER) === isHeld) return undefined;
    // None can be added to what is being deleted.
    if (!isHeld && object.metadata.deletionTimestamp !== undefined) return undefined;
    const { uid, annotations } = object.metadata;
    const marked =
      kind === 'Cluster' && !isHeld && uid !== undefined ? { [MACHINES]: uid, ...annotations } : annotations;
    return { ...object, metadata: { ...object.metadata, finalizers, annotations: marked } };
  };
  await change(
    client,
    { reference: { apiVersion, kind, metadata: { namespace, name } }, to: changed },
    { signal },
  );
}
