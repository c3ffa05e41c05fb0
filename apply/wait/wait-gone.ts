import type { KubeClient, Selection } from '../client/client.ts';
import { applyError } from '../errors.ts';
import { describeObject, type KubeObject } from '../object.ts';

export interface GoneInput {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly selection: Selection;
  /** Which of the selection are waited for; all when absent. */
  readonly isMeant?: ((object: KubeObject) => boolean) | undefined;
  /** How long to wait while none of them goes, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Watches until all that is meant is gone, or nothing more goes; returns what is still there, as it was seen last. */
export async function waitGone(input: GoneInput): Promise<KubeObject[]> {
  const { client, selection, isMeant = () => true, patienceMs, signal } = input;
  const ended = new AbortController();
  const there = new Map<string, KubeObject>();
  let seen = false;
  let timer = setTimeout(() => ended.abort(), patienceMs);
  const rest = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ended.abort(), patienceMs);
  };
  try {
    for await (const event of client.watch(selection, AbortSignal.any([signal, ended.signal]))) {
      if (event.type === 'listed') {
        seen = true;
        there.clear();
        for (const object of event.objects.filter(isMeant)) there.set(describeObject(object), object);
      } else if (event.type === 'deleted') {
        if (there.delete(describeObject(event.object))) rest();
      } else if (there.has(describeObject(event.object))) {
        there.set(describeObject(event.object), event.object);
      }
      if (there.size === 0) break;
    }
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
  signal.throwIfAborted();
  if (!seen)
    throw applyError('CLUSTER_UNREACHABLE', {
      subject: `list of ${selection.kind}`,
      detail: `no answer in ${patienceMs / 1000} s`,
    });
  return [...there.values()];
}
