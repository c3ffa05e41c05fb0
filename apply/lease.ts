import { isSkerryError, type SkerryError } from '../content/error.ts';
import type { KubeClient } from './client/client.ts';
import { type Clock, systemClock } from './clock.ts';
import { numberAt, textAt } from './json.ts';
import type { KubeObject } from './object.ts';

export interface LeaseOptions {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Who is asking, for other people to read, and unique to this run. */
  readonly identity: string;
  readonly signal: AbortSignal;
  /** Whether a holder is known to be dead, as one on this machine can be: then its lease need not run out first. */
  readonly isGone: (holder: string) => boolean;
  /** How long to wait for another holder that may have died, in milliseconds. */
  readonly waitMs: number;
  /** Called once, with the identity of the holder that is waited for. */
  readonly onWait?: ((holder: string) => void) | undefined;
  /** The error when the lease can't be had, and when it was lost. */
  readonly errorOf: (holder: string, detail?: string) => SkerryError;
  readonly clock?: Clock | undefined;
}

export interface Lease {
  /** Aborted when the lease was lost, or could not be renewed in time: another holder may be at work by now. */
  readonly signal: AbortSignal;
  /** Stops renewing. Nothing of the holder's work may go on afterwards. */
  release(): Promise<void>;
  /** Stops renewing and leaves it held until it runs out: for a holder that deletes it, or what it is in. */
  leave(): Promise<void>;
}

/** What a lease promises to others: a holder that has not renewed for so long is dead. */
const DURATION_SECONDS = 15;
/**
 * A holder stops its own work when it has not managed to renew for so long. Below the duration, as client-go's leader
 * election asks for, so that it has stopped before another one begins.
 */
const RENEW_DEADLINE_MS = 10_000;
const RENEW_MS = 4000;
const CALL_MS = 3000;
const POLL_MS = 1000;
const RELEASE_MS = 1000;

/**
 * Takes a Lease (coordination.k8s.io/v1) as Kubernetes' leader election uses it. The age of a renewal is measured on
 * this clock alone, from when the renewal was first seen: clocks of different machines can't be relied on.
 * Throws `errorOf(holder)` when another holder keeps it for longer than is waited for.
 */
export async function takeLease(client: LeaseClient, options: LeaseOptions): Promise<Lease> {
  const { signal, waitMs, onWait, clock = systemClock } = options;
  const started = clock.now();
  const age = new Age(clock);
  for (let reported = false; ; ) {
    const lease = await client.get(reference(options), { signal, timeoutMs: CALL_MS });
    const silentMs = age.of(lease);
    const holder = textAt(lease, 'spec', 'holderIdentity') ?? '';
    // One's own is there when the answer to an earlier try was lost.
    const free = holder === '' || holder === options.identity || options.isGone(holder);
    const dead = silentMs > (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? DURATION_SECONDS) * 1000;
    if (free || dead) {
      const began = clock.now();
      const taken = await tryTake(client, lease, options, clock);
      if (taken !== undefined) return new HeldLease(client, taken, began, options);
      if (clock.now() - started > waitMs + RENEW_DEADLINE_MS)
        throw options.errorOf(holder, 'it could not be written');
    } else {
      if (clock.now() - started > waitMs) throw options.errorOf(holder);
      if (!reported) onWait?.(holder);
      reported = true;
    }
    await clock.sleep(POLL_MS, signal);
  }
}

type LeaseClient = Pick<KubeClient, 'get' | 'create' | 'replace'>;

/** For how long a lease has not been renewed, as far as was seen from here. */
class Age {
  readonly #clock: Clock;
  #version: string | undefined;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  of(lease: KubeObject | undefined): number {
    const version = lease?.metadata.resourceVersion;
    if (version !== this.#version) this.#since = this.#clock.now();
    this.#version = version;
    return this.#clock.now() - this.#since;
  }
}

/** Undefined when another holder was faster, or no answer came. */
async function tryTake(
  client: LeaseClient,
  before: KubeObject | undefined,
  options: LeaseOptions,
  clock: Clock,
): Promise<KubeObject | undefined> {
  try {
    return await limited({ clock, ms: CALL_MS, signal: options.signal }, (signal) =>
      write(client, before, options.identity, options, signal),
    );
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return undefined;
  }
}

class HeldLease implements Lease {
  readonly signal: AbortSignal;
  readonly #client: LeaseClient;
  readonly #options: LeaseOptions;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  readonly #renewals: Promise<void>;
  #lease: KubeObject;
  /** When the call began by which the lease was last taken or renewed. */
  #renewedAt: number;

  constructor(client: LeaseClient, taken: KubeObject, takenAt: number, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#lease = taken;
    this.#renewedAt = takenAt;
    this.signal = AbortSignal.any([options.signal, this.#lost.signal]);
    this.#renewals = this.#renewUntilStopped();
  }

  async leave(): Promise<void> {
    this.#stopped.abort();
    await this.#renewals;
  }

  async release(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    await this.leave();
    if (this.#lost.signal.aborted) return;
    // Best effort: the next holder would otherwise wait for the lease to run out.
    await limited({ clock: this.#clock, ms: RELEASE_MS }, (signal) => this.#giveUp(signal)).catch(
      () => undefined,
    );
  }

  async #giveUp(signal: AbortSignal): Promise<void> {
    if ((await write(this.#client, this.#lease, '', this.#options, signal)) !== undefined) return;
    // The answer to the last renewal may have been lost.
    const found = await this.#client.get(reference(this.#options), { signal });
    if (found !== undefined && textAt(found, 'spec', 'holderIdentity') === this.#options.identity)
      await write(this.#client, found, '', this.#options, signal);
  }

  async #renewUntilStopped(): Promise<void> {
    const stop = this.#stopped.signal;
    while (!stop.aborted) {
      await this.#clock.sleep(RENEW_MS, stop).catch(() => undefined);
      while (!stop.aborted && !(await this.#renew())) {
        if (this.#clock.now() - this.#renewedAt >= RENEW_DEADLINE_MS) {
          this.#lose(`it could not be renewed for ${RENEW_DEADLINE_MS / 1000} s`);
          return;
        }
        await this.#clock.sleep(POLL_MS, stop).catch(() => undefined);
      }
      if (this.#lost.signal.aborted) return;
    }
  }

  /** True when it is settled whose lease it is. Never takes longer than what is left until the deadline. */
  async #renew(): Promise<boolean> {
    const began = this.#clock.now();
    const left = Math.max(1, this.#renewedAt + RENEW_DEADLINE_MS - began);
    try {
      const limit = { clock: this.#clock, ms: Math.min(CALL_MS, left), signal: this.#stopped.signal };
      const renewed = await limited(limit, (signal) =>
        write(this.#client, this.#lease, this.#options.identity, this.#options, signal),
      );
      if (renewed !== undefined) {
        this.#lease = renewed;
        this.#renewedAt = began;
        return true;
      }
      // Changed by someone: or by an earlier renewal of ours whose answer never came.
      const found = await limited(limit, (signal) => this.#client.get(reference(this.#options), { signal }));
      if (found === undefined || textAt(found, 'spec', 'holderIdentity') !== this.#options.identity) {
        this.#lose('it was taken over or deleted');
        return true;
      }
      this.#lease = found;
      return false;
    } catch {
      // Out of reach, refused or too slow: tried again until the deadline, which says so.
      return false;
    }
  }

  #lose(detail: string): void {
    const { namespace, name, errorOf } = this.#options;
    this.#lost.abort(errorOf(`Lease ${namespace}/${name}`, `the lock was lost: ${detail}`));
  }
}

/** A call that is given up after a time, also by a client that doesn't listen to its signal. */
async function limited<T>(
  { clock, ms, signal: outer }: { clock: Clock; ms: number; signal?: AbortSignal },
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const done = new AbortController();
  const signal = outer === undefined ? limit.signal : AbortSignal.any([limit.signal, outer]);
  const expired = clock.sleep(ms, done.signal).then(() => {
    limit.abort(new DOMException('no answer in time', 'TimeoutError'));
    throw limit.signal.reason;
  });
  try {
    return await Promise.race([call(signal), expired]);
  } finally {
    done.abort();
    expired.catch(() => undefined);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Undefined when another holder was faster. */
async function write(
  client: LeaseClient,
  before: KubeObject | undefined,
  identity: string,
  options: LeaseOptions,
  signal: AbortSignal | undefined,
): Promise<KubeObject | undefined> {
  const { resourceVersion } = before?.metadata ?? {};
  const { metadata, ...rest } = reference(options);
  const object: KubeObject = {
    ...rest,
    metadata: {
      ...metadata,
      // One that is there keeps its own: they say whose it is, and not who holds it.
      labels: { ...options.labels, ...before?.metadata.labels },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: DURATION_SECONDS,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    },
  };
  try {
    return await (before === undefined
      ? client.create(object, { signal })
      : client.replace(object, { signal }));
  } catch (error) {
    if (isSkerryError(error, 'OBJECT_CHANGED')) return undefined;
    throw error;
  }
}

function reference({ name, namespace }: LeaseOptions) {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } };
}
