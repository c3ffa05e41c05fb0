import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import type { Envelope } from '../../desired/envelope.ts';
import type { LayerEngine } from '../layers/layer-engine.ts';
import type { AgentHolder } from '../state/agent-holder.ts';
import type { Journal } from '../state/journal.ts';

export interface RemovalRun {
  readonly envelope: Wanted;
  readonly engine: Pick<LayerEngine, 'remove'>;
  readonly holder: Pick<AgentHolder, 'journal' | 'remember'>;
  /** What was said of each layer that did not go, over several runs: a failure that stays is reported once. */
  readonly failures: Map<string, string>;
  readonly signal: AbortSignal;
}

type Removal = Envelope['remove'][number];

interface Wanted extends Pick<Envelope, 'remove'> {
  readonly layers: readonly { readonly name: string }[];
}

/**
 * Takes away the layers that the envelope names for it, and no other, in the reverse of the order in which they were
 * applied. One that is to be kept stays in the cluster and is only forgotten; one that was never here counts as gone.
 * Gives back those that could not be removed, with the reason.
 */
export async function removeLayers({
  envelope,
  engine,
  holder,
  failures,
  signal,
}: RemovalRun): Promise<FailedRemoval[]> {
  const failed: FailedRemoval[] = [];
  await forgetEarlier(envelope, holder);
  for (const layer of inReverse(dueIn(envelope, holder.journal), holder.journal)) {
    try {
      const isOurs = holder.journal.applied[layer.name]?.namespace === layer.namespace;
      const leaving = holder.journal.leaving[layer.name] ?? [];
      const onLeaving = async (objects: readonly KubeObject[]) =>
        await holder.remember((journal) => withLeaving(journal, layer.name, objects));
      if (layer.onRemove === 'prune') await engine.remove(layer, { isOurs, signal, leaving, onLeaving });
      await holder.remember((journal) => gone(journal, layer.name), {
        kind: 'removed',
        subject: `layer ${layer.name}`,
        detail: layer.onRemove === 'keep' ? 'its objects were kept' : undefined,
      });
    } catch (error) {
      signal.throwIfAborted();
      const code = isSkerryError(error) ? error.code : 'LAYER_FAILED';
      failed.push({ ...layer, code, message: messageOf(error) });
      const subject = `layer ${layer.name}`;
      if (failures.get(layer.name) !== code)
        await holder.remember((journal) => journal, { kind: 'failed', subject, detail: `removing: ${code}` });
      failures.set(layer.name, code);
    }
  }
  return failed;
}

export interface FailedRemoval extends Removal {
  readonly code: string;
  readonly message: string;
}

/** What is to be removed and was not yet. A layer that the envelope also wants is never removed. */
export function dueIn({ remove, layers }: Wanted, { removed }: Journal): Removal[] {
  const wanted = new Set(layers.map(({ name }) => name));
  return remove.filter(({ name }) => !wanted.has(name) && !removed.includes(name));
}

function inReverse(due: readonly Removal[], { applied }: Journal): Removal[] {
  const order = Object.keys(applied);
  return due.toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
}

function gone(journal: Journal, name: string): Journal {
  const { [name]: _, ...applied } = journal.applied;
  const { [name]: __, ...leaving } = journal.leaving;
  const removed = [...journal.removed.filter((other) => other !== name), name];
  return { ...journal, applied, leaving, removed };
}

/** Of all layers together: etcd takes no object that is much larger than a megabyte. */
const MAX_LEAVING = 1500;

function withLeaving(journal: Journal, name: string, objects: readonly KubeObject[]): Journal {
  const { [name]: _, ...others } = journal.leaving;
  const room = MAX_LEAVING - Object.values(others).flat().length;
  const references = objects.slice(0, Math.max(0, room)).map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace },
  }));
  return { ...journal, leaving: { ...others, [name]: references } };
}

// The hub has taken a layer out of `remove`, so it knows that it is gone; named again later, it is removed again.
async function forgetEarlier({ remove }: Wanted, holder: RemovalRun['holder']): Promise<void> {
  const named = new Set(remove.map(({ name }) => name));
  const { removed, leaving } = holder.journal;
  if ([...removed, ...Object.keys(leaving)].every((name) => named.has(name))) return;
  await holder.remember((journal) => ({
    ...journal,
    removed: journal.removed.filter((name) => named.has(name)),
    leaving: Object.fromEntries(Object.entries(journal.leaving).filter(([name]) => named.has(name))),
  }));
}
