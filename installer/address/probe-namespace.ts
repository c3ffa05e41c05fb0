import type { KubeClient } from '../../apply/client/client.ts';
import type { KubeObject } from '../../apply/object.ts';
import { waitUntil } from '../../apply/wait/wait-until.ts';
import { HOLDER_ANNOTATION, LABELS, PREFLIGHT_LABEL } from '../names.ts';
import { isGone, ownIdentity } from '../record/holder.ts';

/** No probe lives longer than this by far; one whose run can't be asked, on another workstation, is dead by then. */
const LONGEST_LIFE_MS = 600_000;
const REMOVAL_MS = 30_000;

const ALL = { apiVersion: 'v1', kind: 'Namespace', labelSelector: `${PREFLIGHT_LABEL}=true` };

/** Makes the namespace of one probe, marked with who made it. */
export async function makeProbeNamespace(
  client: Pick<KubeClient, 'apply'>,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const labels = { ...LABELS, [PREFLIGHT_LABEL]: 'true' };
  const annotations = { [HOLDER_ANNOTATION]: ownIdentity() };
  return await client.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } },
    { signal },
  );
}

/**
 * Takes away what runs that are dead have left, and nothing of one that may still be at work. `own` was made just now:
 * it tells the time by the server's clock. Waits for nothing.
 */
export async function sweepProbeNamespaces(
  client: Pick<KubeClient, 'list' | 'delete'>,
  own: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await client.list(ALL, { signal });
  const isLeft = (namespace: KubeObject) =>
    namespace.metadata.deletionTimestamp === undefined &&
    namespace.metadata.name !== own.metadata.name &&
    (isGone(namespace.metadata.annotations?.[HOLDER_ANNOTATION] ?? '') ||
      madeAt(own) - madeAt(namespace) > LONGEST_LIFE_MS);
  for (const namespace of items.filter(isLeft))
    await client.delete(namespace, { uid: namespace.metadata.uid, signal });
}

/**
 * Takes a probe's namespace away. Not bound to the run's signal: also someone who stops the installer wants to find
 * the cluster as it was. What can't be taken away now is swept by the next run.
 */
export async function removeProbeNamespace(
  client: Pick<KubeClient, 'get' | 'delete' | 'watch'>,
  name: string,
  { wait }: { wait: boolean },
): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const signal = AbortSignal.timeout(REMOVAL_MS);
  try {
    await client.delete(reference, { signal });
    if (!wait) return;
    await waitUntil({
      client,
      selections: [{ ...ALL, fieldSelector: `metadata.name=${name}` }],
      look: async () => (await client.get(reference, { signal })) === undefined || undefined,
      timeoutMs: REMOVAL_MS,
      late: () => new Error(`namespace ${name} is still there`),
      signal,
    });
  } catch {
    // It goes by itself in the end.
  }
}

function madeAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}
