import type { KubeClient } from '../../apply/client/client.ts';
import type { VerifyOptions } from '../../bundle/file/verify.ts';
import type { PublicKey } from '../../bundle/key.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import type { Freshness } from '../../channel/client/freshness.ts';
import type { VerifiedChannel } from '../../channel/client/update.ts';
import { channelError } from '../../channel/errors.ts';
import { NAMESPACE } from '../names.ts';
import type { Installation } from '../record/installation.ts';
import { type FirstTrust, firstTrust } from '../site-channel/first-trust.ts';
import { lookAtChannel, readSiteChannel, SITE_CHANNEL } from '../site-channel/site-channel.ts';
import { choosePath } from './choose-path.ts';
import type { Offer, OfferedRelease } from './offer.ts';

export interface HopInput {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'version'>;
  readonly installation: Pick<Installation, 'id' | 'release'>;
  readonly offer: Offer;
  readonly to?: string | undefined;
  readonly candidates?: boolean | undefined;
  /** How the channel is known the first time. */
  readonly trust: FirstTrust;
  /** Milliseconds since 1970, as the clock here has them. */
  readonly clock: number;
  /** Keep in the cluster what was seen of the channel; not for a plan. */
  readonly remember: boolean;
  readonly signal: AbortSignal;
}

/** The upgrades that lead to what is wanted, one to be run after the other. */
export interface HopPlan {
  readonly hops: readonly Hop[];
  /** What is worth knowing, for people. */
  readonly notes: readonly string[];
  /** Undefined where there is no channel. */
  readonly channel: { readonly freshness: Freshness; readonly edition: number } | undefined;
}

export interface Hop {
  readonly from: string;
  readonly to: OfferedRelease;
}

/**
 * Finds the way from what is installed to what is wanted. Throws CHANNEL_NO_PATH, CHANNEL_RELEASE_UNKNOWN,
 * CHANNEL_RELEASE_MISMATCH, CHANNEL_NOT_FOUND where this cluster has followed a channel and none is at hand, and what verifying the channel throws. That a channel has expired is told, not thrown: see
 * requireFresh.
 */
export async function planHops(input: HopInput): Promise<HopPlan> {
  const { client, installation, offer, to, candidates, signal } = input;
  const channel = await verifiedChannel(input);
  const { gitVersion } = await client.version({ signal });
  const { hops, notes } = choosePath({
    installed: installation.release,
    offered: offer.releases,
    channel: channel?.releases,
    to,
    candidates,
    kubernetes: gitVersion,
  });
  return {
    hops: hops.map((release, index) => ({
      from: hops[index - 1]?.version ?? installation.release.version,
      to: release,
    })),
    notes,
    channel: channel && { freshness: channel.freshness, edition: channel.state.snapshot },
  };
}

/** Opens the release of a hop; it must be the one that was chosen. Throws SIGNATURE_*, BUNDLE_*, CHANNEL_RELEASE_MISMATCH. */
export async function openHop(
  { to }: Hop,
  key: PublicKey,
  options: VerifyOptions = {},
): Promise<ReleaseBundle> {
  const bundle = await to.open(key, options);
  if (bundle.address.digest === to.digest) return bundle;
  await bundle.store.close();
  throw channelError('CHANNEL_RELEASE_MISMATCH', {
    subject: to.place,
    detail: `${bundle.address.digest}, not ${to.digest}`,
  });
}

/** A new upgrade by a channel that has expired needs a word. Throws CHANNEL_EXPIRED. */
export function requireFresh({ channel }: Pick<HopPlan, 'channel'>, acceptExpired: boolean): void {
  if (channel === undefined || channel.freshness.state !== 'expired' || acceptExpired) return;
  const expired = new Date(channel.freshness.expires).toISOString().slice(0, 10);
  throw channelError('CHANNEL_EXPIRED', {
    subject: `edition ${channel.edition}`,
    detail: `its ${channel.freshness.role} expired on ${expired}`,
  });
}

async function verifiedChannel(input: HopInput): Promise<VerifiedChannel | undefined> {
  const { client, installation, offer, trust, clock, remember, signal } = input;
  if (offer.channel === undefined) {
    await refuseSilence(input);
    return undefined;
  }
  return await lookAtChannel({
    ...{ client, id: installation.id, source: offer.channel, clock, remember, signal },
    first: (source) => firstTrust(source, trust, signal),
  });
}

/**
 * Whoever leaves the channel away could bring a release that was withdrawn, or pass a stop: a cluster that has followed one
 * goes on to. Throws CHANNEL_NOT_FOUND.
 */
async function refuseSilence({ client, offer, signal }: HopInput): Promise<void> {
  const seen = await readSiteChannel(client, { signal });
  if (seen === undefined) return;
  throw channelError('CHANNEL_NOT_FOUND', {
    subject: offer.name,
    detail: `this cluster has followed a channel, of which it saw edition ${seen.state.snapshot}`,
    remedy: `Take a stick that the vendor’s channel is on, or put it there with skerry channel publish --to. If there is none any more, let this cluster forget it: kubectl delete configmap ${SITE_CHANNEL} --namespace ${NAMESPACE}`,
  });
}
