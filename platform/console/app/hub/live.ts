import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { watchKinds } from '../../../client/browser/watch-kinds.ts';
import { hub } from './call.ts';
import { hubState } from './hub-state.ts';
import { type LiveEvent, type Named, withEvents } from './live-event.ts';
import type { KindName } from './objects.ts';
import { pagesAfter } from './page-events.ts';
import type { ListPages } from './pages.ts';

/** Keeps what is cached of a kind as it is on the hub, while somebody looks. */
export function useLive(kind: KindName, project: string | undefined, enabled: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!enabled) return;
    const wanted = { kind, project: project ?? '' };
    watched.add(wanted);
    settle(client);
    return () => {
      watched.delete(wanted);
      settle(client);
    };
  }, [client, kind, project, enabled]);
}

/** Of all that is shown; pages that come and go in one moment make one stream of it. */
const watched = new Set<{ readonly kind: KindName; readonly project: string }>();
const streams = new Map<string, Stream>();
let settling: ReturnType<typeof setTimeout> | undefined;
const SETTLE_MS = 50;

function settle(client: QueryClient): void {
  clearTimeout(settling);
  settling = setTimeout(() => {
    const byProject = Map.groupBy(watched, ({ project }) => project);
    const wanted = new Map(
      [...byProject].map(([project, all]) => {
        const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
        return [`${project} ${kinds.join(',')}`, { project, kinds }];
      }),
    );
    for (const [key, stream] of streams) {
      if (wanted.has(key)) continue;
      stream.stop();
      streams.delete(key);
    }
    for (const [key, { project, kinds }] of wanted) {
      if (streams.has(key)) continue;
      const stream = new Stream(client, project, kinds);
      streams.set(key, stream);
      if (document.visibilityState === 'visible') stream.start();
    }
  }, SETTLE_MS);
}

// A browser has six connections to a hub for all its tabs together: one that nobody looks at keeps none.
document.addEventListener('visibilitychange', () => {
  for (const stream of streams.values()) {
    if (document.visibilityState === 'visible') stream.start();
    else stream.stop();
  }
});

/** Changes are taken together for so long: a fleet that reports all at once is drawn a few times a second. */
const GATHER_MS = 300;

/** Some kinds of a project, or of all projects, over one connection. */
class Stream {
  readonly #client: QueryClient;
  readonly #project: string;
  readonly #kinds: readonly KindName[];
  #stop: AbortController | undefined;

  constructor(client: QueryClient, project: string, kinds: readonly KindName[]) {
    this.#client = client;
    this.#project = project;
    this.#kinds = kinds;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const gathered = new Gathered((events) => take(this.#client, this.#project, events));
    // What there is comes first; it is told as a whole, so that what went meanwhile goes here too.
    let present: Map<string, Named[]> | undefined = new Map(this.#kinds.map((kind) => [kind, []]));
    const project = this.#project === '' ? undefined : this.#project;
    try {
      for await (const change of watchKinds({ hub, kinds: this.#kinds, project, signal })) {
        hubState.set(change.type !== 'lost');
        if (change.type === 'lost') continue;
        if (change.type === 'synced') {
          const all = [...(present ?? [])].map(([kind, items]) => ({ type: 'all' as const, kind, items }));
          present = undefined;
          gathered.add(all);
        } else if (present !== undefined && change.type === 'put')
          present.get(change.kind)?.push(change.object);
        else gathered.add([change]);
      }
    } catch {
      // The hub refuses it, and says why to who asks for a list.
    }
    gathered.drop();
  }
}

class Gathered {
  readonly #give: (events: readonly LiveEvent<Named>[]) => void;
  #events: LiveEvent<Named>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(give: (events: readonly LiveEvent<Named>[]) => void) {
    this.#give = give;
  }

  add(events: readonly LiveEvent<Named>[]): void {
    this.#events.push(...events);
    this.#timer ??= setTimeout(() => {
      const events = this.#events;
      this.#events = [];
      this.#timer = undefined;
      this.#give(events);
    }, GATHER_MS);
  }

  drop(): void {
    clearTimeout(this.#timer);
  }
}

function take(client: QueryClient, project: string, events: readonly LiveEvent<Named>[]): void {
  for (const [kind, some] of Map.groupBy(events, (event) => event.kind)) {
    client.setQueriesData<readonly Named[]>({ queryKey: ['list', kind, project] }, (list) =>
      list === undefined ? list : withEvents(list, some),
    );
    takeIntoPages(client, kind, project, some);
    for (const event of some) takeIntoObjects(client, kind, event);
  }
}

function takeIntoPages(
  client: QueryClient,
  kind: string,
  project: string,
  events: readonly LiveEvent<Named>[],
): void {
  let isStale = false;
  client.setQueriesData<ListPages<Named>>({ queryKey: ['pages', kind, project] }, (pages) => {
    if (pages === undefined) return pages;
    const after = pagesAfter(pages, events, phaseOf);
    isStale ||= after.isStale;
    return after.pages;
  });
  if (isStale) readAgain(client, kind, project);
}

function takeIntoObjects(client: QueryClient, kind: string, event: LiveEvent<Named>): void {
  for (const object of event.type === 'all' ? event.items : [event.object]) {
    const key = ['one', kind, object.project, object.name];
    if (client.getQueryState(key) === undefined) continue;
    if (event.type === 'delete') void client.invalidateQueries({ queryKey: key });
    else client.setQueryData(key, object);
  }
}

/** However much happens, the hub is asked for pages again so often at most. */
const READ_AGAIN_MS = 2_000;
const waiting = new Set<string>();

function readAgain(client: QueryClient, kind: string, project: string): void {
  const key = `${kind} ${project}`;
  if (waiting.has(key)) return;
  waiting.add(key);
  setTimeout(() => {
    waiting.delete(key);
    void client.invalidateQueries({ queryKey: ['pages', kind, project] });
  }, READ_AGAIN_MS);
}

function phaseOf({ status }: Named): string {
  return typeof status === 'object' && status !== null && 'phase' in status ? String(status.phase) : '';
}
