import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { keptOf } from './checkpoint-line.ts';
import { indexKept, substanceDigest } from './kept-index.ts';
import { type LiveClient, liveObjects } from './live-objects.ts';

/** How the objects of a cluster differ from those of a checkpoint, by what describeObject says of each. */
export interface Survey {
  /** Those that are otherwise, as they are now. */
  readonly changed: ReadonlyMap<string, KubeObject>;
  readonly gone: ReadonlySet<string>;
  readonly made: readonly string[];
}

/** Compares without holding more than what differs. */
export async function survey(
  client: LiveClient,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<Survey> {
  const kept = await indexKept(checkpoint);
  const gone = new Set(kept.keys());
  const changed = new Map<string, KubeObject>();
  const made: string[] = [];
  for await (const object of liveObjects({ client, signal }, checkpoint.head)) {
    const name = describeObject(object);
    gone.delete(name);
    const digest = kept.get(name);
    if (digest === undefined) made.push(name);
    else if (digest !== substanceDigest(object)) changed.set(name, keptOf(object));
  }
  return { changed, gone, made };
}
