import type { KubeClient, Selection, WatchEvent } from '../../../apply/client/client.ts';
import type { ServerEvent } from '../http/server-events.ts';
import { toWire } from './wire-object.ts';

export interface WatchRequest {
  readonly selection: Selection;
  /** The last event that the client has seen. */
  readonly after: string | undefined;
  /** The resourceVersion that a list has now. */
  readonly current: () => Promise<string>;
  readonly signal: AbortSignal;
}

/** What happens to a selection: first all there is, or what came after the last event where that is still known. */
export async function* watchEvents(
  client: Pick<KubeClient, 'watch'>,
  { selection, after, current, signal }: WatchRequest,
): AsyncGenerator<ServerEvent, void, undefined> {
  const from = after === undefined || (await isAhead(after, current)) ? undefined : after;
  // Nothing may happen for long; the client should know that it is connected.
  if (from !== undefined) yield { event: 'heartbeat', data: {} };
  for await (const event of client.watch(selection, signal, from)) yield toServerEvent(event);
}

// After etcd was restored from a backup, the API server would wait silently until it gets that far again.
async function isAhead(after: string, current: () => Promise<string>): Promise<boolean> {
  const now = await current();
  return !/^\d+$/.test(now) || BigInt(after) > BigInt(now);
}

function toServerEvent(event: WatchEvent): ServerEvent {
  if (event.type === 'listed') {
    const { objects, resourceVersion } = event;
    return {
      event: 'listed',
      data: { items: objects.map(toWire), version: resourceVersion },
      id: resourceVersion,
    };
  }
  const { type, object } = event;
  return { event: type, data: toWire(object), id: object.metadata.resourceVersion };
}
