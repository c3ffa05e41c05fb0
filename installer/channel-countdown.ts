import { z } from 'zod';
import type { KubeClient } from '../apply/client/client.ts';
import { textAt } from '../apply/json.ts';
import { freshnessOf } from '../channel/client/freshness.ts';
import { tryJson } from '../content/json.ts';
import { NAMESPACE } from './names.ts';

/** How long the upgrade channel that this cluster saw last still counts as fresh. Nothing stops when it no longer does. */
export interface ChannelCountdown {
  readonly state: 'fresh' | 'ending' | 'expired';
  /** ISO. */
  readonly until: string;
  /** Whole days; negative afterwards. */
  readonly daysLeft: number;
  /** Which of its parts ends first. */
  readonly role: string;
  /** This workstation's clock is behind what the cluster has seen before. */
  readonly clockBehind: boolean;
}

const CHANNEL = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'skerry-channel', namespace: NAMESPACE },
};
const Seen = z.object({
  expires: z.number(),
  role: z.string(),
  state: z.object({ lastSeen: z.number() }),
});
const DAY_MS = 86_400_000;

/** Undefined where no channel was seen yet. */
export async function readChannelCountdown(
  client: Pick<KubeClient, 'get'>,
  now: Date,
  signal: AbortSignal,
): Promise<ChannelCountdown | undefined> {
  const text = textAt(await client.get(CHANNEL, { signal }), 'data', 'channel') ?? '';
  const seen = Seen.safeParse(tryJson(text)).data;
  if (seen === undefined) return undefined;
  const { expires, role } = seen;
  const { lastSeen } = seen.state;
  const found = freshnessOf({ [role]: expires }, { clock: now.getTime(), lastSeen });
  return {
    ...{ state: found.state, until: new Date(expires).toISOString(), role, clockBehind: found.clockBehind },
    daysLeft: Math.floor(found.remaining / DAY_MS),
  };
}

/** For people. */
export function describeCountdown(countdown: ChannelCountdown): string {
  const { state, until, daysLeft, role, clockBehind } = countdown;
  const left = state === 'expired' ? `NOT FRESH for ${-daysLeft} days` : `fresh for ${daysLeft} more days`;
  const clock = clockBehind ? '; the clock here is BEHIND what was seen before' : '';
  return `${left}, ${role} ends at ${until}${state === 'fresh' ? '' : ': get a newer one'}${clock}`;
}
