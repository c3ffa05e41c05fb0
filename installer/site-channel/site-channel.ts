import { z } from 'zod';
import type { CallOptions, KubeClient } from '../../apply/client/client.ts';
import { type RecordOptions, readRecord, type Stored, writeRecord } from '../../apply/record.ts';
import { type Freshness, freshnessOf } from '../../channel/client/freshness.ts';
import type { ChannelSource } from '../../channel/client/source.ts';
import { type TrustedState, TrustedStateSchema } from '../../channel/client/trusted-state.ts';
import { updateChannel, type VerifiedChannel } from '../../channel/client/update.ts';
import { channelError } from '../../channel/errors.ts';
import { isSkerryError } from '../../content/error.ts';
import { NAMESPACE } from '../names.ts';
import { marked } from '../record/mark.ts';

/** The ConfigMap with what this cluster has seen of the vendor's channel. */
export const SITE_CHANNEL = 'skerry-channel';

const Schema = z.object({
  version: z.literal(1),
  state: TrustedStateSchema,
  /** The first end among its parts, and which part that is: for the countdown. Milliseconds since 1970. */
  expires: z.number(),
  role: z.string(),
  root: z.int().positive(),
});

/** What a cluster remembers of the channel: it only rises, from whichever workstation, until the online keys are others. */
export type SiteChannel = z.infer<typeof Schema>;

type Client = Pick<KubeClient, 'get' | 'create' | 'replace'>;

export interface ChannelLook {
  readonly client: Client;
  /** The installation's id. */
  readonly id: string;
  readonly source: ChannelSource;
  /** What to trust when nothing was seen yet. */
  readonly first: (source: ChannelSource) => Promise<TrustedState>;
  /** Milliseconds since 1970, as the clock here has them. */
  readonly clock: number;
  /** Keep in the cluster what was seen; who only plans need not be allowed to. */
  readonly remember: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Two workstations may look at once; more tries than this mean that something else writes all the time. */
const TRIES = 8;

/**
 * Verifies a channel by what this cluster has seen before, and remembers what it sees now. Where somebody else has
 * written meanwhile, what they saw counts and the channel is verified once more: it may be the older one of two.
 * Throws what updateChannel throws, CHANNEL_METADATA_INVALID.
 */
export async function lookAtChannel(look: ChannelLook): Promise<VerifiedChannel> {
  const { source, clock, signal } = look;
  for (let tried = 1; ; tried++) {
    const stored = await readRecord(record(look.client, look.id), { signal });
    const trusted = stored?.value.state ?? (await look.first(source));
    const channel = await updateChannel(source, trusted, { clock, signal });
    if (!look.remember || (await isKept(look, stored, channel, tried))) return channel;
  }
}

/** Undefined where no channel was seen yet. Throws CHANNEL_METADATA_INVALID. */
export async function readSiteChannel(
  client: Client,
  options: CallOptions = {},
): Promise<SiteChannel | undefined> {
  return (await readRecord(record(client, ''), options))?.value;
}

/** How fresh the channel is that was seen last. */
export function siteFreshness({ state, expires, role }: SiteChannel, clock: number): Freshness {
  return freshnessOf({ [role]: expires }, { clock, lastSeen: state.lastSeen });
}

async function isKept(
  { client, id, signal }: ChannelLook,
  stored: Stored<SiteChannel> | undefined,
  { state, freshness, root }: VerifiedChannel,
  tried: number,
): Promise<boolean> {
  const { expires, role } = freshness;
  const value: SiteChannel = { version: 1, state, expires, role, root };
  try {
    await writeRecord(record(client, id), { value, resourceVersion: stored?.resourceVersion }, { signal });
    return true;
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_CHANGED') || tried >= TRIES) throw error;
    return false;
  }
}

function record(client: Client, id: string): RecordOptions<SiteChannel> {
  return {
    client,
    name: SITE_CHANNEL,
    namespace: NAMESPACE,
    key: 'channel',
    labels: marked(id),
    schema: Schema,
    invalid: (subject, detail) =>
      channelError('CHANNEL_METADATA_INVALID', {
        subject,
        detail,
        remedy: `It was changed by hand. Restore it, or delete it and give --channel-fingerprint once more; then older channels are believed once.`,
      }),
  };
}
