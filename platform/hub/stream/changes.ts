import type { KubeObject } from '../../../apply/object.ts';
import { platformError } from '../../errors.ts';
import type { ServerEvent } from '../http/server-events.ts';
import { toWire } from '../resources/wire-object.ts';
import type { SeenObjects } from '../watched/seen-objects.ts';
import { ChangeQueue } from './change-queue.ts';
import { type Cursor, cursorText, sightMark } from './cursor.ts';
import type { Sight } from './sight.ts';

export interface ChangesRequest {
  /** The kinds that are reported, in this order. */
  readonly objects: readonly SeenObjects[];
  readonly sight: Sight;
  /** Where the client has got to; all there is comes first when absent. */
  readonly after: Cursor | undefined;
  readonly signal: AbortSignal;
}

/**
 * What there is of several kinds and what happens to it: `put` and `delete` for objects, `synced` once the client knows
 * all there is, then on and on. Throws WATCH_EXPIRED before the first event where what came after the cursor is not
 * known any more.
 */
export async function* changes(request: ChangesRequest): AsyncGenerator<ServerEvent, void, undefined> {
  const { objects, sight, signal } = request;
  const queue = new ChangeQueue();
  // From here on nothing is missed; what the first part reports too is reported twice.
  const stops = objects.map((kind) =>
    kind.subscribe((notice) => queue.push({ plural: kind.kind.plural, ...notice })),
  );
  try {
    const positions = new Map<string, string>();
    const mark = sightMark(sight);
    const known = begin(request, mark, positions);
    for (const { plural, object, isDeleted } of known)
      if (sees(sight, plural, object)) yield eventOf(plural, object, isDeleted);
    yield { event: 'synced', data: {}, id: cursorText({ sight: mark, positions }) };
    while (!signal.aborted) {
      await queue.filled(signal);
      for (let next = queue.take(); next !== undefined; next = queue.take()) {
        const { plural, change, upTo } = next;
        if (upTo !== undefined) positions.set(plural, upTo);
        if (change === undefined || !sees(sight, plural, change.object)) continue;
        const { object, isDeleted } = change;
        yield { ...eventOf(plural, object, isDeleted), id: cursorText({ sight: mark, positions }) };
      }
    }
  } finally {
    for (const stop of stops) stop();
  }
}

interface Known {
  readonly plural: string;
  readonly object: KubeObject;
  readonly isDeleted: boolean;
}

/** What is reported to the client first, and where that gets it to. */
function begin(
  { objects, after, sight }: ChangesRequest,
  mark: string,
  positions: Map<string, string>,
): readonly Known[] {
  if (after !== undefined && after.sight !== mark) throw expired('the user sees other projects by now');
  return objects.flatMap((kind) => {
    const { plural } = kind.kind;
    if (sight.get(plural) === undefined) return [];
    positions.set(plural, kind.position ?? '');
    if (after === undefined)
      return [...kind.values()].map((object) => ({ plural, object, isDeleted: false }));
    const missed = kind.since(after.positions.get(plural) ?? '');
    if (missed === undefined) throw expired(plural);
    return missed.map(({ object, isDeleted }) => ({ plural, object, isDeleted }));
  });
}

function eventOf(plural: string, object: KubeObject, isDeleted: boolean): ServerEvent {
  return { event: isDeleted ? 'delete' : 'put', data: { kind: plural, object: toWire(object) } };
}

function sees(sight: Sight, plural: string, { metadata }: KubeObject): boolean {
  const projects = sight.get(plural);
  return projects === 'all' || projects?.has(metadata.namespace ?? '') === true;
}

function expired(detail: string) {
  return platformError('WATCH_EXPIRED', { subject: 'Last-Event-ID', detail });
}
