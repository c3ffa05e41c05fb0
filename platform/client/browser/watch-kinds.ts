import type { StreamEvent } from '../connection/event-stream.ts';
import type { Operations } from '../operations.ts';
import type { HubFetch } from './hub-fetch.ts';
import { HubProblem } from './hub-problem.ts';

type Item = '/api/v1/projects/{project}';

/** The kinds, as addresses name them: `clusters`, `clusterprofiles`. */
export type Plural = {
  [N in keyof Operations]: N extends `GET ${Item}/${infer K}/{name}` ? K : never;
}[keyof Operations];

/** An object of a kind. */
export type ObjectOf<K extends Plural> = Operations[`GET ${Item}/${K}/{name}`]['answer'];

export type KindChange<K extends Plural> =
  | { [P in K]: { readonly type: 'put' | 'delete'; readonly kind: P; readonly object: ObjectOf<P> } }[K]
  /** All that is there has been reported. */
  | { readonly type: 'synced' }
  /** The stream broke; it is begun again after so many milliseconds, and goes on where it was. */
  | { readonly type: 'lost'; readonly error: unknown; readonly againMs: number };

export interface WatchKindsOptions<K extends Plural> {
  readonly hub: Pick<HubFetch, 'events'>;
  readonly kinds: readonly K[];
  /** All projects that the user may see when absent. */
  readonly project?: string | undefined;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** What passes by itself. */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * What there is of some kinds and every change to it, until the signal ends it: over one connection, which is begun
 * again where it was when it breaks. Where the hub does not know what was missed, all there is comes once more, and what
 * went in between is said to be deleted. Throws HubProblem where asking again can't mend it.
 */
export async function* watchKinds<K extends Plural>(
  options: WatchKindsOptions<K>,
): AsyncGenerator<KindChange<K>, void, undefined> {
  const { signal, pause = sleep, random = Math.random } = options;
  const place: Place<K> = { known: new Map(), cursor: undefined };
  for (let failures = 0; !signal.aborted; failures++) {
    let error: unknown = new Error('the hub ended the stream');
    try {
      for await (const change of watchOnce(options, place)) {
        failures = 0;
        yield change;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      error = thrown;
      if (thrown instanceof HubProblem && thrown.status === 410 && place.cursor !== undefined) {
        place.cursor = undefined;
        continue;
      }
      if (thrown instanceof HubProblem && !PASSING.has(thrown.status)) throw thrown;
    }
    // Spread out, so that all pages don't come back at once.
    const againMs = Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) * (0.5 + random() / 2));
    yield { type: 'lost', error, againMs };
    await pause(againMs, signal).catch(() => undefined);
  }
}

type Known<K extends Plural> = Extract<KindChange<K>, { readonly object: unknown }>;

interface Place<K extends Plural> {
  readonly known: Map<string, Known<K>>;
  cursor: string | undefined;
}

async function* watchOnce<K extends Plural>(
  { hub, kinds, project, signal }: WatchKindsOptions<K>,
  place: Place<K>,
): AsyncGenerator<KindChange<K>, void, undefined> {
  const { known, cursor } = place;
  const gone = cursor === undefined ? new Map(known) : new Map<string, Known<K>>();
  const input = {
    query: { kinds: kinds.join(','), project },
    headers: { 'last-event-id': cursor },
    signal,
  };
  for await (const event of hub.events('GET /api/v1/watch', input)) {
    place.cursor = event.id ?? place.cursor;
    if (event.event === 'put' || event.event === 'delete') {
      const change = changeIn<K>(event, event.event);
      const key = `${change.kind} ${change.object.project}/${change.object.name}`;
      gone.delete(key);
      if (change.type === 'put') known.set(key, change);
      else known.delete(key);
      yield change;
    } else if (event.event === 'synced') {
      for (const [key, change] of gone) {
        known.delete(key);
        yield { ...change, type: 'delete' };
      }
      gone.clear();
      yield { type: 'synced' };
    }
  }
}

// As the hub wrote it that served the page.
function changeIn<K extends Plural>({ data }: StreamEvent, type: 'put' | 'delete'): Known<K> {
  return { type, ...JSON.parse(data) };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  signal.removeEventListener('abort', stop);
}
