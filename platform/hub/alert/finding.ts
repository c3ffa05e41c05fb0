import { createHash } from 'node:crypto';
import type { AlertSpec, Severity } from '../../api/alert.ts';

/** Something that is wrong right now. The same thing has the same project, cluster, rule and subject each time. */
export interface Finding extends AlertSpec {
  readonly project: string;
  readonly message: string;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return RANK[severity] >= RANK[least];
}

/** The name of a finding's Alert: however often it is found, it is one object. */
export function alertName({ cluster, rule, subject }: Pick<Finding, 'cluster' | 'rule' | 'subject'>): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([cluster, rule, subject]))
    .digest('hex');
  return `${cluster ?? 'project'}-${rule.toLowerCase()}-${hash.slice(0, 12)}`;
}
