import type { Selection } from '../../../apply/client/client.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { DriftItem } from '../../api/cluster-status.ts';
import { platformError } from '../../errors.ts';
import { attend, type Charge, GONE, type Outcome } from './attend.ts';
import { Contests } from './contests.ts';
import type { DriftLayer, DriftProblem, DriftWatch, DriftWatchInput } from './drift-watch.ts';
import { Findings } from './findings.ts';
import { markOf, ownedObject } from './owned-object.ts';
import { selectionsOf, type WatchedSelection } from './selections.ts';
import { Turns } from './turns.ts';

/** Changes that come together are looked at together. */
const COALESCE_MS = 300;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** Everything is looked at from time to time, whatever the watches say. */
const SWEEP_MS = 10 * 60_000;
/** Objects that are looked at at once. */
const WIDTH = 4;
/** An object that changes all the time is looked at so often at once, and then more seldom. */
const BURST = 10;
const BURST_MS = 30_000;
const SELDOM_MS = 5000;

/**
 * Watches what layers own; reports or puts back what others change, as each layer's policy says. All that it knows is
 * in the cluster: a new watch finds what has changed while there was none.
 */
export function watchDrift(input: DriftWatchInput): DriftWatch {
  return new RunningDriftWatch(input);
}

/** An object of ours, and what is known of it. */
interface Tracked extends Charge {
  /** Its marks when the watch saw it last, the close one and the other; undefined until it did. */
  seen: Marks | undefined;
  /** Of the object when it was last looked at. */
  mark: string | undefined;
  close: boolean;
  cleanTime: string | undefined;
  failures: number;
  /** When it was looked at of late. */
  looks: readonly number[];
}

interface Marks {
  readonly close: string;
  readonly loose: string;
}

class RunningDriftWatch implements DriftWatch {
  readonly closed: Promise<void>;
  readonly #input: DriftWatchInput;
  readonly #contests = new Contests();
  readonly #findings = new Findings();
  readonly #problems = new Map<string, string>();
  readonly #turns: Turns;
  readonly #followed = new Map<string, { stop: AbortController; listed: boolean; ids: readonly string[] }>();
  readonly #tasks = new Set<Promise<void>>();
  #tracked = new Map<string, Tracked>();
  #isPaused = false;
  /** Aborted when there is a pause. */
  #looking = new AbortController();
  /** Whose turn came while there was a pause. */
  #skipped = new Set<string>();
  #waiting: (() => void)[] = [];

  constructor(input: DriftWatchInput) {
    const { clock, signal } = input;
    this.#input = input;
    this.#turns = new Turns({
      clock,
      signal,
      width: WIDTH,
      work: (id) => this.#look(id),
      onIdle: () => this.#tellSettled(),
    });
    this.closed = this.#close();
    this.update(input.layers);
    this.#run(this.#sweep());
  }

  update(layers: readonly DriftLayer[]): void {
    const before = this.#tracked;
    this.#tracked = new Map(
      layers.flatMap((layer) => trackedOf(layer, before)).map((one) => [one.object.id, one]),
    );
    for (const [id, one] of before) {
      if (this.#tracked.get(id) === one) continue;
      this.#contests.forget(id);
      this.#problems.delete(id);
      this.#findings.set(id, undefined);
    }
    this.#follow(selectionsOf([...this.#tracked.values()].map(({ object }) => object)));
    for (const [id, one] of this.#tracked) if (one.mark === undefined) this.#turns.wake(id, 0);
    this.#tell();
  }

  async paused(isPaused: boolean): Promise<void> {
    this.#isPaused = isPaused;
    if (isPaused) {
      this.#looking.abort();
      await this.#turns.ended();
      return;
    }
    this.#looking = new AbortController();
    const skipped = this.#skipped;
    this.#skipped = new Set();
    for (const [id, one] of this.#tracked) if (skipped.has(id) || hasChanged(one)) this.#turns.wake(id, 0);
  }

  now(): readonly DriftItem[] {
    return this.#findings.items();
  }

  problems(): readonly DriftProblem[] {
    return [...this.#problems].map(([subject, code]) => ({ subject, code }));
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#tellSettled();
    });
  }

  #tellSettled(): void {
    const isQuiet = this.#turns.isIdle() && [...this.#followed.values()].every(({ listed }) => listed);
    if (!isQuiet && !this.#input.signal.aborted) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell();
  }

  /** Watches these selections, and none but these. */
  #follow(selections: readonly WatchedSelection[]): void {
    const wanted = new Set(selections.map(({ key }) => key));
    for (const [key, { stop }] of this.#followed) {
      if (wanted.has(key)) continue;
      stop.abort();
      this.#followed.delete(key);
      this.#problems.delete(key);
    }
    for (const { key, selection, ids } of selections) {
      const followed = this.#followed.get(key);
      if (followed !== undefined) followed.ids = ids;
      else this.#run(this.#watch(key, selection, ids));
    }
  }

  async #watch(key: string, selection: Selection, ids: readonly string[]): Promise<void> {
    const { client, clock } = this.#input;
    const followed = { stop: new AbortController(), listed: false, ids };
    this.#followed.set(key, followed);
    const signal = AbortSignal.any([this.#input.signal, followed.stop.signal]);
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        for await (const event of client.watch(selection, signal)) {
          failures = 0;
          this.#problems.delete(key);
          if (event.type === 'listed') this.#seeAll(followed.ids, event.objects);
          else this.#see(describeObject(event.object), event.type === 'deleted' ? GONE : event.object);
          followed.listed = true;
          this.#tellSettled();
        }
      } catch (error) {
        if (signal.aborted) return;
        // Also when the kind is gone with its CRD: then so are the objects.
        for (const id of followed.ids) this.#turns.wake(id, COALESCE_MS);
        this.#problems.set(key, this.#codeOf(error));
        followed.listed = true;
      }
      await clock.sleep(retryMs(failures), signal).catch(() => undefined);
    }
  }

  #seeAll(ids: readonly string[], objects: readonly KubeObject[]): void {
    const found = new Map(objects.map((object) => [describeObject(object), object]));
    for (const id of ids) this.#see(id, found.get(id) ?? GONE);
  }

  #see(id: string, object: KubeObject | typeof GONE): void {
    const one = this.#tracked.get(id);
    if (one === undefined) return;
    const marks = (close: boolean) =>
      object === GONE ? GONE : markOf(object, one.layer.fieldManager, close);
    one.seen = { close: marks(true), loose: marks(false) };
    // Until it was looked at for the first time, that is still to come anyway.
    if (one.mark !== undefined && hasChanged(one)) this.#turns.wake(id, this.#pauseMs(one));
  }

  #pauseMs({ looks }: Tracked): number {
    const [first] = looks.slice(-BURST);
    const isBusy = looks.length >= BURST && first !== undefined;
    return isBusy && this.#input.clock.now() - first < BURST_MS ? SELDOM_MS : COALESCE_MS;
  }

  async #look(id: string): Promise<void> {
    const one = this.#tracked.get(id);
    if (one === undefined) return;
    if (this.#isPaused) return void this.#skipped.add(id);
    const { client, clock, now = () => new Date() } = this.#input;
    const signal = AbortSignal.any([this.#input.signal, this.#looking.signal]);
    one.looks = [...one.looks.slice(1 - BURST), clock.now()];
    const means = { client, contests: this.#contests, ticks: () => clock.now(), now, signal };
    try {
      const outcome = await attend(means, one);
      // It may be another's by now.
      if (this.#tracked.get(id) === one) this.#take(id, one, outcome);
    } catch (error) {
      if (signal.aborted) return void this.#skipped.add(id);
      this.#problems.set(id, this.#codeOf(error));
      this.#turns.wakeLater(id, retryMs(one.failures++));
    }
  }

  #take(id: string, one: Tracked, outcome: Outcome): void {
    this.#problems.delete(id);
    one.mark = outcome.mark;
    one.close = outcome.close;
    one.cleanTime = outcome.cleanTime ?? one.cleanTime;
    if (outcome.retry === true) this.#turns.wakeLater(id, retryMs(one.failures++));
    else one.failures = 0;
    if (outcome.restMs !== undefined) this.#turns.wakeLater(id, outcome.restMs);
    if (outcome.corrected !== undefined) this.#findings.corrected(outcome.corrected);
    const isNews = this.#findings.set(id, outcome.item);
    if (isNews || outcome.corrected !== undefined) this.#tell();
    // What the watch told in the meantime may be older or newer: it is looked at again unless it is this.
    if (hasChanged(one)) this.#turns.wake(id, this.#pauseMs(one));
  }

  async #sweep(): Promise<void> {
    const { clock, signal } = this.#input;
    while (!signal.aborted) {
      await clock.sleep(SWEEP_MS, signal).catch(() => undefined);
      if (!signal.aborted) for (const id of this.#tracked.keys()) this.#turns.wake(id, 0);
    }
  }

  #codeOf(error: unknown): string {
    if (isSkerryError(error)) return error.code;
    this.#input.onFailure?.(error);
    return platformError('DRIFT_WATCH_FAILED', { subject: 'drift' }).code;
  }

  #tell(): void {
    this.#input.onChange(this.#findings.items());
  }

  #run(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  async #close(): Promise<void> {
    const { signal } = this.#input;
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.#tellSettled();
    await Promise.allSettled(this.#tasks);
    await this.#turns.ended();
  }
}

function trackedOf({ objects, ...layer }: DriftLayer, before: ReadonlyMap<string, Tracked>): Tracked[] {
  return objects
    .filter(({ metadata }) => metadata.generateName !== metadata.name)
    .map((applied) => {
      const object = ownedObject(applied);
      const known = before.get(object.id);
      if (known !== undefined && known.object.digest === object.digest && isSame(known.layer, layer))
        return known;
      return {
        object,
        layer,
        seen: known?.seen,
        mark: undefined,
        close: true,
        cleanTime: undefined,
        failures: 0,
        looks: [],
      };
    });
}

function isSame(a: Charge['layer'], b: Charge['layer']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether the watch has seen something else than what was last looked at. */
function hasChanged({ seen, mark, close }: Tracked): boolean {
  if (mark === undefined) return true;
  if (seen === undefined) return false;
  return (close ? seen.close : seen.loose) !== mark;
}

function retryMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 10), LONGEST_RETRY_MS);
}
