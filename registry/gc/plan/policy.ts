import { PUSH_MS } from '../../store/push-time.ts';
import type { HeldManifest } from '../mark/repository-content.ts';
import { type RetentionRule, ruledKeep } from './retention.ts';

/** How long what nothing holds is kept all the same. */
export interface Policy {
  /** Milliseconds that a manifest is kept after it lost its tag to another. */
  readonly keepUntagged: number;
  readonly rules: readonly RetentionRule[];
}

/** The same for one repository: what the option says and what the rules say (undefined where none applies). */
export interface Keep {
  readonly option: number;
  readonly rule: number | undefined;
}

/** Why something is kept for now. */
export type Reason =
  /** Another manifest took its tag lately: `--keep-untagged`. */
  | 'untagged'
  /** It came lately and may be part of a push in progress. */
  | 'pushed'
  /** A retention rule. */
  | 'rule'
  /** A client asked for it just now. */
  | 'in-use';

export interface GracePeriod {
  /** Milliseconds since 1970; Infinity for ever. */
  readonly until: number;
  readonly reason: Reason;
}

export function keepIn({ keepUntagged, rules }: Policy, repository: string): Keep {
  return { option: keepUntagged, rule: ruledKeep(rules, repository) };
}

/** Until when a manifest is kept that nothing holds, and why. What was deleted by name is kept by rules only. */
export function gracePeriodOf(
  { at, released }: Omit<HeldManifest, 'id' | 'lastTag'>,
  keep: Keep,
): GracePeriod {
  const since = released === null || released === 0 ? at : released;
  const periods: GracePeriod[] = [];
  if (keep.rule !== undefined) periods.push({ until: since + keep.rule, reason: 'rule' });
  if (released === null) periods.push({ until: at + PUSH_MS, reason: 'pushed' });
  if (released !== 0) periods.push({ until: since + keep.option, reason: 'untagged' });
  return periods.reduce((longest, each) => (each.until > longest.until ? each : longest), {
    until: 0,
    reason: 'untagged',
  });
}
