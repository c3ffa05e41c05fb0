import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { follow } from '../../../apply/client/follow.ts';
import type { Clock } from '../../../apply/clock.ts';
import { Alert } from '../../api/alert.ts';
import { API_VERSION, GROUP } from '../../api/group.ts';
import { kinds } from '../../api/kinds.ts';
import { ClusterRevision } from '../../api/revision.ts';
import type { EventMark } from '../../desired/events.ts';
import type { AuditEntry } from './audit.ts';
import { type AuditedState, statesOf } from './audited-state.ts';
import type { ClusterAudit } from './cluster-audit.ts';
import { type AuditedObject, goneStream } from './fleet-stream.ts';
import { Presence, rememberedObjects } from './presence.ts';

export interface AuditFleetOptions {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly audit: Pick<ClusterAudit, 'lastEvent' | 'recordAll' | 'streams'>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Alerts have their own history. */
const KINDS = kinds.filter((kind) => kind !== Alert);
const RETRY_MS = 5_000;
const WRITE_MS = 1_000;
/** Lines of one write; far fewer than may wait in the audit, so that others get in too. */
const WIDTH = 1_000;

/**
 * Writes down what happens to clusters by whatever way it came: keys that are accepted and revoked, tokens that are
 * used, envelopes, adoptions, rollouts, objects that are deleted. Only the leader may. By state, so that a hub that was
 * away catches up.
 */
export async function auditFleet(options: AuditFleetOptions): Promise<void> {
  const waiting = new Map<string, AuditedState>();
  // Before anything is listed: what is written down after that may be younger than the list.
  const remembered = await readRemembered(options);
  const follows = KINDS.map(async ({ kind }) => {
    const presence = new Presence(remembered.filter((object) => object.kind === kind));
    await followKind(kind, presence, waiting, options);
  });
  await Promise.all([...follows, keepWriting(waiting, options)]);
}

async function followKind(
  kind: string,
  presence: Presence,
  waiting: Map<string, AuditedState>,
  { client, signal, clock, onError }: AuditFleetOptions,
): Promise<void> {
  const note = (event: WatchEvent) => {
    // The hub itself lets the oldest envelopes go.
    const gone = kind === ClusterRevision.kind ? [] : presence.take(event).map(stateOfGone);
    const objects = event.type === 'listed' ? event.objects : event.type === 'deleted' ? [] : [event.object];
    for (const state of [...objects.flatMap(statesOf), ...gone]) {
      const key = `${state.stream} ${state.number ?? state.state}`;
      // What comes back to where it was comes after what was in between.
      waiting.delete(key);
      waiting.set(key, state);
    }
  };
  await follow(client, { apiVersion: API_VERSION, kind }, note, {
    signal,
    clock,
    onError,
    pauseMs: RETRY_MS,
  });
}

async function readRemembered({
  audit,
  signal,
  clock,
  onError,
}: AuditFleetOptions): Promise<AuditedObject[]> {
  while (!signal.aborted) {
    try {
      return rememberedObjects(await audit.streams());
    } catch (error) {
      if (!signal.aborted) onError(error);
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
  return [];
}

/** Kubernetes says that an object is gone, and not who deleted it. */
function stateOfGone({ kind, uid, place }: AuditedObject): AuditedState {
  const subject = `${kind}.${GROUP} ${place}`;
  const entry = {
    actor: 'unknown',
    action: 'object-deleted',
    subject,
    outcome: 'done',
    detail: uid,
  } as const;
  return { stream: goneStream(uid), state: 'deleted', entry };
}

/** A watch never waits for a write: a thousand clusters that change at once are a few writes. */
async function keepWriting(waiting: Map<string, AuditedState>, options: AuditFleetOptions): Promise<void> {
  const { signal, clock, onError } = options;
  while (!signal.aborted) {
    const some = [...waiting].slice(0, WIDTH);
    let pauseMs = some.length < WIDTH ? WRITE_MS : 0;
    try {
      const states = some.map(([, state]) => state);
      if (states.length > 0) await writeDown(states, options);
      for (const [key, state] of some) if (waiting.get(key) === state) waiting.delete(key);
    } catch (error) {
      if (!signal.aborted) onError(error);
      pauseMs = RETRY_MS;
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

async function writeDown(states: readonly AuditedState[], { audit }: AuditFleetOptions): Promise<void> {
  const streams = [...Map.groupBy(states, ({ stream }) => stream)];
  const entries = await Promise.all(
    streams.map(async ([stream, some]) => newsOf(some, await audit.lastEvent(stream))),
  );
  await audit.recordAll(entries.flat());
}

/** Lines for the states of one stream that are not written down yet. */
function newsOf(states: readonly AuditedState[], before: EventMark): AuditEntry[] {
  let last = before;
  return states
    .toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0))
    .flatMap(({ stream, state, number, entry }) => {
      if (number === undefined ? last.hash === state : number <= last.number) return [];
      last = { number: number ?? last.number + 1, hash: state };
      return [{ ...entry, event: { stream, ...last } }];
    });
}
