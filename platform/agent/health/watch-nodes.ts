import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { follow } from '../../../apply/client/follow.ts';
import type { Clock } from '../../../apply/clock.ts';
import { conditionOf } from '../../../apply/health/condition.ts';
import type { KubeObject } from '../../../apply/object.ts';

export interface NodeWatchOptions {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A node came, went, or is ready or not as it was not before. */
  readonly onChange: () => void;
}

const RETRY_MS = 5_000;

/** Looks at which nodes are ready until the signal is aborted. What else a kubelet says of its node is no change. */
export async function watchNodes({ client, clock, signal, onChange }: NodeWatchOptions): Promise<void> {
  const known = new Map<string, string>();
  const look = (event: WatchEvent) => {
    const before = textOf(known);
    if (event.type === 'listed') {
      known.clear();
      for (const node of event.objects) known.set(node.metadata.name, readiness(node));
    } else if (event.type === 'deleted') known.delete(event.object.metadata.name);
    else known.set(event.object.metadata.name, readiness(event.object));
    if (textOf(known) !== before) onChange();
  };
  // Where they can't be watched they are still looked at now and then, which says what is wrong.
  await follow(client, { apiVersion: 'v1', kind: 'Node' }, look, { signal, clock, pauseMs: RETRY_MS });
}

function readiness(node: KubeObject): string {
  return conditionOf(node, 'Ready')?.status ?? '';
}

function textOf(known: ReadonlyMap<string, string>): string {
  return JSON.stringify([...known].toSorted());
}
