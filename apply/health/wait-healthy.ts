import type { SkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { KubeClient, Selection } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { describeObject, type KubeObject } from '../object.ts';
import { Changes } from '../wait/changes.ts';
import { describeExplanation, type Explanation, explain } from './explain.ts';
import type { HealthRule } from './health-rule.ts';
import type { ObjectStatus } from './object-status.ts';
import { readObjectStatus } from './read-status.ts';
import { steadyMsOf } from './steady.ts';

export interface HealthInput {
  readonly client: KubeClient;
  /** As they were applied. */
  readonly objects: readonly KubeObject[];
  /** What the release says of their health. */
  readonly rules?: readonly HealthRule[] | undefined;
  /** All of them must be healthy within this, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * A workload whose pods show the same trouble for this long (an image that can't be pulled, a crash at each start)
   * is given up before the time is over; in milliseconds, 60 s when absent.
   */
  readonly patienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After each round. */
  readonly onProgress?: ((states: readonly HealthState[]) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface HealthState extends ObjectStatus {
  readonly object: KubeObject;
  /** What holds it up, once it has been waited for a while. */
  readonly explanations: readonly Explanation[];
}

const DEFAULT_PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const EXPLAIN_EVERY_MS = 5000;
/** Objects read at a time. */
const WIDTH = 8;

/**
 * Waits until all objects are healthy by the rules of statusOf and of the release, woken by watches of what is not
 * healthy yet. Throws WORKLOAD_FAILED for what can't become healthy and HEALTH_TIMEOUT for what didn't in time, both
 * with object, container, image, reason and the last log lines.
 */
export async function waitHealthy(input: HealthInput): Promise<void> {
  const { client, objects, timeoutMs, signal, onProgress, clock = systemClock } = input;
  const deadline = clock.now() + timeoutMs;
  const troubles = new Troubles(input, clock);
  const steadiness = new Steadiness(clock);
  using changes = new Changes({ client, signal, clock });
  let states = await readAll(input, objects, troubles);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    onProgress?.(states);
    const waiting = states.filter(({ status }) => status !== 'Current');
    const steadyMs = steadiness.left(states);
    if (waiting.length === 0 && (steadyMs <= 0 || clock.now() >= deadline)) return;
    if (waiting.length > 0) await troubles.examine(states);
    if (clock.now() >= deadline) throw await troubles.timeout(states);
    for (const selection of selectionsOf(waiting)) changes.watch(selection);
    await changes.next(
      Math.min(waiting.length === 0 ? steadyMs : pause, Math.max(0, deadline - clock.now())),
    );
    states = await readAgain(input, states, troubles);
  }
}

// Only what was not healthy; everything once more before the end, since what was healthy need not be so any longer.
async function readAgain(
  input: HealthInput,
  states: readonly HealthState[],
  troubles: Troubles,
): Promise<HealthState[]> {
  const fresh = await mapLimited(states, WIDTH, async (state, index) =>
    state.status === 'Current'
      ? state
      : await readState(input, input.objects[index] ?? state.object, troubles),
  );
  return fresh.every(({ status }) => status === 'Current')
    ? await readAll(input, input.objects, troubles)
    : fresh;
}

async function readAll(
  input: HealthInput,
  objects: readonly KubeObject[],
  troubles: Troubles,
): Promise<HealthState[]> {
  return await mapLimited(objects, WIDTH, (object) => readState(input, object, troubles));
}

async function readState(
  { client, rules, signal }: HealthInput,
  object: KubeObject,
  troubles: Troubles,
): Promise<HealthState> {
  signal?.throwIfAborted();
  const found = await readObjectStatus(client, object, { rules, signal });
  return { ...found, explanations: troubles.explanationsOf(object) };
}

/** So many objects of a kind in a namespace have a watch each; more are watched together. */
const SINGLE_WATCHES = 2;

function selectionsOf(states: readonly HealthState[]): Selection[] {
  const groups = Map.groupBy(states, ({ object: { apiVersion, kind, metadata } }) =>
    [apiVersion, kind, metadata.namespace ?? ''].join(' '),
  );
  return [...groups.values()].flatMap((group) =>
    group.map(({ object: { apiVersion, kind, metadata } }) => ({
      apiVersion,
      kind,
      namespace: metadata.namespace,
      ...(group.length > SINGLE_WATCHES ? {} : { fieldSelector: `metadata.name=${metadata.name}` }),
    })),
  );
}

/** Knows since when everything has been healthy. */
class Steadiness {
  readonly #clock: Clock;
  #since: number | undefined;
  #isFirst = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long all of it has to stay healthy still, in milliseconds; of interest once it is. */
  left(states: readonly HealthState[]): number {
    const isHealthy = states.every(({ status }) => status === 'Current');
    // What was healthy before anybody waited for it has been so for long enough.
    if (isHealthy && this.#isFirst) return 0;
    this.#isFirst = false;
    if (!isHealthy) {
      this.#since = undefined;
      return 0;
    }
    this.#since ??= this.#clock.now();
    const steadyMs = Math.max(0, ...states.map(({ object }) => steadyMsOf(object)));
    return Math.max(0, this.#since + steadyMs - this.#clock.now());
  }
}

/** Reasons that end by themselves, or by what a cluster's autoscaler does; they are waited for to the end. */
const MAY_PASS = new Set([
  'Unschedulable',
  'NotReady',
  'FailedScheduling',
  'Unhealthy',
  'FailedMount',
  'SchedulingGated',
]);
/** Kinds whose failure is for good; a Deployment past its deadline, for one, goes on when the cause is gone. */
const FAILS_FOR_GOOD = new Set(['Job', 'Pod', 'CustomResourceDefinition', 'PersistentVolumeClaim']);

/** Remembers since when which object has had which trouble. */
class Troubles {
  readonly #input: HealthInput;
  readonly #clock: Clock;
  readonly #since = new Map<string, number>();
  readonly #explanations = new Map<string, readonly Explanation[]>();
  readonly #patienceMs: number;
  #lastLook: number;

  constructor(input: HealthInput, clock: Clock) {
    this.#input = input;
    this.#patienceMs = input.patienceMs ?? DEFAULT_PATIENCE_MS;
    this.#clock = clock;
    this.#lastLook = clock.now();
  }

  explanationsOf(object: KubeObject): readonly Explanation[] {
    return this.#explanations.get(describeObject(object)) ?? [];
  }

  /** Throws WORKLOAD_FAILED for what can't become healthy any more, or hasn't for longer than there is patience. */
  async examine(states: readonly HealthState[]): Promise<void> {
    const lost = states.find(({ status, object }) => status === 'Failed' && FAILS_FOR_GOOD.has(object.kind));
    if (lost !== undefined) throw failure('WORKLOAD_FAILED', lost, await this.#explain(lost));
    if (this.#clock.now() - this.#lastLook < Math.min(EXPLAIN_EVERY_MS, this.#patienceMs)) return;
    this.#lastLook = this.#clock.now();
    for (const state of states) await this.#examineOne(state);
  }

  async timeout(states: readonly HealthState[]): Promise<SkerryError> {
    const waiting = states.filter(({ status }) => status !== 'Current');
    const looked = await Promise.all(
      waiting.map(async (state) => ({ state, found: await this.#explain(state) })),
    );
    const worst = looked.find(({ found }) => found.some(isSevere)) ?? looked[0];
    if (worst === undefined) return applyError('HEALTH_TIMEOUT', { subject: 'nothing' });
    const code = worst.found.some(isSevere) ? 'WORKLOAD_FAILED' : 'HEALTH_TIMEOUT';
    const others = waiting
      .filter(({ object }) => object !== worst.state.object)
      .map(({ object }) => describeObject(object));
    return failure(code, worst.state, worst.found, others);
  }

  async #examineOne(state: HealthState): Promise<void> {
    const name = describeObject(state.object);
    if (state.status === 'Current') {
      this.#since.delete(name);
      this.#explanations.delete(name);
      return;
    }
    const found = await this.#explain(state);
    this.#explanations.set(name, found);
    if (state.status !== 'Failed' && !found.some(isSevere)) {
      this.#since.delete(name);
      return;
    }
    const since = this.#since.get(name) ?? this.#clock.now();
    this.#since.set(name, since);
    if (this.#clock.now() - since >= this.#patienceMs) throw failure('WORKLOAD_FAILED', state, found);
  }

  async #explain({ object, status }: HealthState): Promise<Explanation[]> {
    if (status === 'NotFound') return [];
    return explain(this.#input.client, object, { signal: this.#input.signal });
  }
}

function isSevere({ reason }: Explanation): boolean {
  return !MAY_PASS.has(reason);
}

function failure(
  code: 'WORKLOAD_FAILED' | 'HEALTH_TIMEOUT',
  { object, message }: HealthState,
  found: readonly Explanation[],
  others: readonly string[] = [],
): SkerryError {
  const reasons = found.length === 0 ? [message] : found.map(describeExplanation);
  const rest = others.length === 0 ? [] : [`not healthy either: ${others.join(', ')}`];
  return applyError(code, { subject: describeObject(object), detail: [...reasons, ...rest].join('; ') });
}
