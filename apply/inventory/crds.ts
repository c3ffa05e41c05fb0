import type { KubeClient } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { statusOf } from '../health/status.ts';
import { at, listAt, textAt } from '../json.ts';
import { describeObject, type KubeObject } from '../object.ts';

export interface CrdInput {
  readonly client: Pick<KubeClient, 'get' | 'isServed'>;
  readonly crds: readonly KubeObject[];
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/**
 * Applies CRDs, new or changed, and waits until their kinds are served. Fields of other managers are taken over:
 * a CRD that helm brought once and never upgrades again must not stay behind. Stored objects are not looked at, see
 * migrateCrds. Throws CRD_NOT_ESTABLISHED.
 */
export async function applyCrds(
  input: CrdInput & {
    readonly client: Pick<KubeClient, 'apply'>;
    readonly dryRun?: boolean | undefined;
  },
): Promise<void> {
  const { client, crds, dryRun, signal } = input;
  for (const crd of crds) await client.apply(crd, { force: true, dryRun, signal });
  if (dryRun !== true) await waitEstablished(input);
}

/** Waits until the API server serves the kinds of CRDs. Throws CRD_NOT_ESTABLISHED. */
export async function waitEstablished(input: CrdInput): Promise<void> {
  const { client, crds, timeoutMs = DEFAULT_TIMEOUT_MS, signal, clock = systemClock } = input;
  const deadline = clock.now() + timeoutMs;
  for (const crd of crds) {
    for (;;) {
      const { status, message } = statusOf(await client.get(crd, { signal }));
      if (status === 'Current' && (await isServed(client, crd, signal))) break;
      if (status === 'Failed' || clock.now() >= deadline) {
        throw applyError('CRD_NOT_ESTABLISHED', { subject: describeObject(crd), detail: message });
      }
      await clock.sleep(POLL_MS, signal);
    }
  }
}

// Discovery follows the condition a moment later, and whoever asks for the kind in between would be told that it is unknown.
async function isServed(
  client: Pick<KubeClient, 'isServed'>,
  crd: KubeObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const [group, kind] = [textAt(crd, 'spec', 'group'), textAt(crd, 'spec', 'names', 'kind')];
  const version = listAt(crd, 'spec', 'versions').find((candidate) => at(candidate, 'served') === true);
  if (group === undefined || kind === undefined || version === undefined) return true;
  return client.isServed(`${group}/${textAt(version, 'name')}`, kind, { signal });
}
