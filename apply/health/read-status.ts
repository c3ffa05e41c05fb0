import { isSkerryError } from '../../content/error.ts';
import type { CallOptions, KubeClient } from '../client/client.ts';
import type { KubeObject } from '../object.ts';
import { claimStatus } from './claim-status.ts';
import { finishedJobStatus, mayGoWhenFinished } from './finished-job.ts';
import { type HealthRule, ruledStatus, ruleFor } from './health-rule.ts';
import { current, type ObjectStatus } from './object-status.ts';
import { statusOf } from './status.ts';

export interface FoundStatus extends ObjectStatus {
  /** As the cluster has it, or as it was applied where the cluster has none. */
  readonly object: KubeObject;
}

/**
 * The status of an object that was applied, with what has to be asked for beside the object itself: a Job that is gone
 * because it finished, a volume claim that rightly waits for its first consumer, and what the release says of it.
 * A cluster that is away for a moment leaves it unknown.
 */
export async function readObjectStatus(
  client: Pick<KubeClient, 'get' | 'list'>,
  applied: KubeObject,
  { rules = [], ...options }: CallOptions & { readonly rules?: readonly HealthRule[] | undefined } = {},
): Promise<FoundStatus> {
  const rule = ruleFor(applied, rules);
  if (rule?.ignore === true) return { ...current('not waited for: the release says so'), object: applied };
  try {
    const found = await client.get(applied, options);
    if (found === undefined && mayGoWhenFinished(applied))
      return { ...(await finishedJobStatus(client, applied, options)), object: applied };
    const object = found ?? applied;
    if (found !== undefined && rule?.cel !== undefined) return { ...ruledStatus(found, rule), object };
    const status = statusOf(found);
    return { ...((await claimStatus(client, found, status, options)) ?? status), object };
  } catch (error) {
    if (!isSkerryError(error, 'CLUSTER_UNREACHABLE')) throw error;
    return { status: 'Unknown', message: error.message, object: applied };
  }
}
