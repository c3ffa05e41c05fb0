import type { KubeClient } from '../apply/client/client.ts';
import { isSkerryError } from '../content/error.ts';
import { readSiteChannel, type SiteChannel, siteFreshness } from './site-channel/site-channel.ts';

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

const DAY_MS = 86_400_000;

/** Undefined where no channel was seen yet, or what is kept of it cannot be read. */
export async function readChannelCountdown(
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>,
  now: Date,
  signal: AbortSignal,
): Promise<ChannelCountdown | undefined> {
  const seen = await readableChannel(client, signal);
  if (seen === undefined) return undefined;
  const { state, expires, role, remaining, clockBehind } = siteFreshness(seen, now.getTime());
  const daysLeft = Math.floor(remaining / DAY_MS);
  return { state, until: new Date(expires).toISOString(), daysLeft, role, clockBehind };
}

// Whoever upgrades is told what is wrong with it; a status has more to say than that.
async function readableChannel(
  client: Pick<KubeClient, 'get' | 'create' | 'replace'>,
  signal: AbortSignal,
): Promise<SiteChannel | undefined> {
  try {
    return await readSiteChannel(client, { signal });
  } catch (error) {
    if (isSkerryError(error, 'CHANNEL_METADATA_INVALID')) return undefined;
    throw error;
  }
}

/** For people. */
export function describeCountdown(countdown: ChannelCountdown): string {
  const { state, until, daysLeft, role, clockBehind } = countdown;
  const left = state === 'expired' ? `NOT FRESH for ${-daysLeft} days` : `fresh for ${daysLeft} more days`;
  const clock = clockBehind ? '; the clock here is BEHIND what was seen before' : '';
  return `${left}, ${role} ends at ${until}${state === 'fresh' ? '' : ': get a newer one'}${clock}`;
}
