import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../apply/client.ts';
import { numberAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { isSkerryError } from '../content/error.ts';
import { installerError } from './errors.ts';
import { LABELS, LEASE, NAMESPACE } from './names.ts';

export interface LockOptions {
  /** Who is asking, for other people to read, and unique to this run. */
  readonly identity: string;
  readonly signal: AbortSignal;
  /** Whether a holder is known to be dead, as one on this machine can be: then nobody waits for its lease to run out. */
  readonly isGone: (holder: string) => boolean;
  /** How long to wait for another installer that may have died, in milliseconds. */
  readonly waitMs: number;
  /** Told once, with the identity of who holds the lock. */
  readonly onWait?: ((holder: string) => void) | undefined;
  readonly now?: (() => number) | undefined;
}

export interface Lock {
  /** Aborted when the lock was lost: somebody else may be at work by now. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** A holder that has not renewed for so long is dead (seconds). */
const DURATION_SECONDS = 15;
const RENEW_MS = 4000;
const POLL_MS = 1000;

/**
 * Takes the lock on the installation, a Lease as Kubernetes' own leader election uses it. The age of a renewal is
 * measured on this clock alone, from when the renewal was first seen: clocks of workstations can't be relied on.
 * Throws INSTALLER_BUSY.
 */
export async function takeLock(client: KubeClient, options: LockOptions): Promise<Lock> {
  const { signal, waitMs, onWait, now = () => performance.now() } = options;
  const started = now();
  let seen: { version: string | undefined; since: number } | undefined;
  for (let told = false; ; ) {
    const lease = await client.get(reference(), { signal });
    if (lease?.metadata.resourceVersion !== seen?.version)
      seen = { version: lease?.metadata.resourceVersion, since: now() };
    const holder = textAt(lease, 'spec', 'holderIdentity') ?? '';
    const free = holder === '' || options.isGone(holder);
    const dead =
      now() - (seen?.since ?? now()) >
      (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? DURATION_SECONDS) * 1000;
    if (free || dead) {
      const taken = await write(client, lease, options.identity, signal);
      if (taken !== undefined) return hold(client, taken, options);
    } else {
      if (now() - started > waitMs) throw installerError('INSTALLER_BUSY', { subject: holder });
      if (!told) onWait?.(holder);
      told = true;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function hold(client: KubeClient, first: KubeObject, { identity, signal }: LockOptions): Lock {
  const lost = new AbortController();
  let lease = first;
  let renewal = Promise.resolve();
  const renew = async () => {
    const renewed = await write(client, lease, identity, undefined).catch(() => lease);
    if (renewed === undefined)
      lost.abort(
        installerError('INSTALLER_BUSY', {
          subject: `Lease ${NAMESPACE}/${LEASE}`,
          detail: 'the lock was lost',
        }),
      );
    else lease = renewed;
  };
  const timer = setInterval(() => {
    renewal = renewal.then(renew);
  }, RENEW_MS);
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    release: async () => {
      clearInterval(timer);
      await renewal;
      // Best effort: whoever comes next would otherwise wait for the lease to run out.
      await write(client, lease, '', AbortSignal.timeout(1000)).catch(() => undefined);
    },
  };
}

/** Undefined when somebody else was faster. */
async function write(
  client: KubeClient,
  before: KubeObject | undefined,
  identity: string,
  signal: AbortSignal | undefined,
) {
  const { resourceVersion } = before?.metadata ?? {};
  const object: KubeObject = {
    ...reference(),
    metadata: {
      ...reference().metadata,
      labels: LABELS,
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

function reference() {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE, namespace: NAMESPACE },
  };
}
