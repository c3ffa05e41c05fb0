import { isSkerryError, messageOf } from '../../../content/error.ts';
import { mapLimited } from '../../../content/limit.ts';
import type { CheckContext, Severity, UpgradeCheck, UpgradeFinding } from './finding.ts';

/** How one check went. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly findings: readonly UpgradeFinding[];
}

const WIDTH = 4;
/** So long a check may take; an upgrade that waits for a check for ever is worse than one that warns. */
const LIMIT_MS = 60_000;
const ORDER: Record<Severity, number> = { blocks: 0, warns: 1, notes: 2 };

/**
 * Runs all checks, a few at a time, and gives what each found. A check that can't look is itself a warning: what it would
 * have found is not known.
 */
export async function runChecks(
  checks: readonly UpgradeCheck[],
  context: CheckContext,
  { limitMs = LIMIT_MS }: { readonly limitMs?: number } = {},
): Promise<CheckResult[]> {
  const { isLater } = context.subject;
  const meant = checks.filter(({ ofRelease }) => ofRelease || !isLater);
  return await mapLimited(meant, WIDTH, async (check) => {
    const found = await withinLimit(check, context, limitMs);
    const findings = found.map((each) => ({ id: check.id, ...each }));
    return { id: check.id, title: check.title, findings: findings.toSorted(bySeverity) };
  });
}

/** All findings of all checks, those that block first. */
export function allFindings(results: readonly CheckResult[]): UpgradeFinding[] {
  return results.flatMap(({ findings }) => findings).toSorted(bySeverity);
}

export function isBlocked(results: readonly CheckResult[]): boolean {
  return allFindings(results).some(({ severity }) => severity === 'blocks');
}

async function withinLimit(check: UpgradeCheck, context: CheckContext, limitMs: number) {
  const { engine } = context.subject;
  const limit = AbortSignal.timeout(limitMs);
  const signal = AbortSignal.any([engine.signal, limit]);
  try {
    return await check.run({ ...context, subject: { ...context.subject, engine: { ...engine, signal } } });
  } catch (error) {
    engine.signal.throwIfAborted();
    return [couldNotLook(check, limit.aborted ? `it took more than ${limitMs / 1000} s` : wordsOf(error))];
  }
}

function couldNotLook({ title }: UpgradeCheck, why: string) {
  return {
    severity: 'warns' as const,
    subject: title,
    message: `could not be looked at: ${why}`,
    remedy: 'Mend what is named, or go on without knowing.',
  };
}

function wordsOf(error: unknown): string {
  return isSkerryError(error) ? `${error.code}: ${messageOf(error)}` : messageOf(error);
}

function bySeverity(one: { readonly severity: Severity }, other: { readonly severity: Severity }): number {
  return ORDER[one.severity] - ORDER[other.severity];
}
