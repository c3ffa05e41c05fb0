import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { messageOf } from '../../content/error.ts';

/** A rollout of the platform, as far as its object tells. */
export interface RolloutUnderWay {
  readonly name: string;
  readonly namespace: string;
  /** Running also where nothing was said of it yet. */
  readonly phase: 'Running' | 'Paused';
  /** What it brings, as `base 1.1.0`. */
  readonly brings: string;
  readonly total: number | undefined;
  readonly ready: number | undefined;
}

// The objects belong to the release that is installed, whose version of the kind may be older or newer than this program.
const Schema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('') }),
  spec: z
    .object({ profile: z.string().catch(''), version: z.string().catch('') })
    .catch({ profile: '', version: '' }),
  status: z
    .object({
      phase: z.string().optional().catch(undefined),
      total: z.number().optional().catch(undefined),
      ready: z.number().optional().catch(undefined),
    })
    .catch({}),
});

const KIND = { group: 'skerry.dev', kind: 'Rollout' } as const;
/** It does nothing any more by itself. */
const OVER = ['Complete', 'Stopped'];

/** Rollouts of the hub that are not over; none where the cluster has no such kind. Changes nothing. */
export async function rolloutsUnderWay(
  client: Pick<KubeClient, 'list' | 'servedVersion'>,
  signal: AbortSignal,
): Promise<readonly RolloutUnderWay[]> {
  const apiVersion = await client.servedVersion(KIND.group, KIND.kind, { signal });
  if (apiVersion === undefined) return [];
  const { items } = await client.list({ apiVersion, kind: KIND.kind }, { signal });
  return items.flatMap((item): RolloutUnderWay[] => {
    const { metadata, spec, status } = Schema.parse({ status: {}, ...item });
    if (OVER.includes(status.phase ?? '')) return [];
    return [
      {
        ...{ name: metadata.name, namespace: metadata.namespace, total: status.total, ready: status.ready },
        phase: status.phase === 'Paused' ? 'Paused' : 'Running',
        brings: `${spec.profile} ${spec.version}`.trim(),
      },
    ];
  });
}

/** `brings base 1.1.0 to clusters, 3 of 12 are ready`. */
export function describeRollout({ phase, brings, total, ready }: RolloutUnderWay): string {
  const far = total === undefined ? '' : `, ${ready ?? 0} of ${total} are ready`;
  return phase === 'Paused'
    ? `it is paused on the way to ${brings}${far}`
    : `it brings ${brings} to clusters${far}`;
}

/** So long going back waits for an answer. */
const LIMIT_MS = 20_000;

/**
 * What to say of rollouts before going back, which leaves them as they are. Never throws but what the signal says: going
 * back must be possible where the cluster answers badly.
 */
export async function rolloutWarnings(
  client: Pick<KubeClient, 'list' | 'servedVersion'>,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<readonly string[]> {
  try {
    const under = await rolloutsUnderWay(client, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
    return under.map(
      (rollout) =>
        `Rollout ${rollout.namespace}/${rollout.name}: ${describeRollout(rollout)}; the hub of before goes on with it`,
    );
  } catch (error) {
    signal.throwIfAborted();
    return [`whether rollouts are under way could not be looked at: ${messageOf(error)}`];
  }
}
