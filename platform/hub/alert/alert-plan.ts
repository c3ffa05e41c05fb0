import type { AlertSpec, AlertStatus } from '../../api/alert.ts';
import { isFiring, type StoredAlert } from '../watched/stored-alert.ts';
import { alertName, type Finding } from './finding.ts';

export interface AlertInput {
  readonly findings: readonly Finding[];
  readonly alerts: readonly StoredAlert[];
  /** Clusters of which nothing newer is known, as PROJECT/NAME: nothing that was found there counts as over. */
  readonly silent: ReadonlySet<string>;
  /** Since when each alert, as PROJECT/NAME, has not been found any more: what the plan before gave. */
  readonly absentSince: ReadonlyMap<string, number>;
  readonly now: Date;
}

export interface AlertPlan {
  readonly create: readonly { project: string; name: string; spec: AlertSpec; status: AlertStatus }[];
  readonly update: readonly { alert: StoredAlert; spec: AlertSpec; status: AlertStatus }[];
  readonly delete: readonly StoredAlert[];
  readonly absentSince: ReadonlyMap<string, number>;
}

/** An alert is over when it has not been found for so long; for one that came back again and again, longer. */
const RESOLVE_MS = 60_000;
const MAX_RESOLVE_MS = 1_800_000;
/** What comes back within this is flapping. */
const FLAP_MS = 3_600_000;
/** While nothing else changes, lastSeen is written so often. */
const SEEN_EVERY_MS = 300_000;
const KEEP_RESOLVED_MS = 7 * 86_400_000;
/** At most so many resolved alerts of a project are kept, and changes made at once. */
const MAX_RESOLVED = 500;
const MAX_CHANGES = 200;
const MAX_MESSAGE = 1000;
const MAX_SUBJECT = 400;

/** What is to be done so that the Alert objects say what was found. */
export function planAlerts(input: AlertInput): AlertPlan {
  const found = new Map(
    input.findings.map((finding) => [keyOf(finding.project, alertName(finding)), finding]),
  );
  const stored = new Map(input.alerts.map((alert) => [keyOf(alert.project, alert.name), alert]));
  const absentSince = new Map<string, number>();
  const create = [...found].flatMap(([key, finding]) => (stored.has(key) ? [] : begin(finding, input.now)));
  const update = [...stored].flatMap(([key, alert]) => {
    const finding = found.get(key);
    if (finding !== undefined) return goOn(alert, finding, input.now);
    if (!isFiring(alert) || isHeld(alert, input.silent)) return [];
    const since = input.absentSince.get(key) ?? input.now.getTime();
    absentSince.set(key, since);
    return input.now.getTime() - since < patienceOf(alert) ? [] : end(alert, input.now);
  });
  return {
    create: create.slice(0, MAX_CHANGES),
    update: update.slice(0, MAX_CHANGES),
    delete: expired(input).slice(0, MAX_CHANGES),
    absentSince,
  };
}

function keyOf(project: string, name: string): string {
  return `${project}/${name}`;
}

function isHeld({ project, spec }: StoredAlert, silent: ReadonlySet<string>): boolean {
  return spec.cluster !== undefined && silent.has(keyOf(project, spec.cluster));
}

function begin(finding: Finding, now: Date): AlertPlan['create'] {
  const at = now.toISOString();
  const status = { message: cut(finding.message, MAX_MESSAGE), firstSeen: at, lastSeen: at, count: 1 };
  return [{ project: finding.project, name: alertName(finding), spec: specOf(finding), status }];
}

function specOf({ cluster, rule, subject, severity }: Finding): AlertSpec {
  return {
    ...(cluster === undefined ? {} : { cluster }),
    rule,
    subject: cut(subject, MAX_SUBJECT),
    severity,
  };
}

function goOn(alert: StoredAlert, finding: Finding, now: Date): AlertPlan['update'] {
  const at = now.toISOString();
  const message = cut(finding.message, MAX_MESSAGE);
  const spec = specOf(finding);
  const before = alert.status;
  if (before === undefined)
    return [{ alert, spec, status: { message, firstSeen: at, lastSeen: at, count: 1 } }];
  const { resolvedAt, ...rest } = before;
  const isAgain = resolvedAt !== undefined;
  const isStale = now.getTime() - Date.parse(before.lastSeen) >= SEEN_EVERY_MS;
  const isOther = before.message !== message || alert.spec.severity !== spec.severity;
  if (!isAgain && !isStale && !isOther) return [];
  const count = before.count + (isAgain ? 1 : 0);
  return [{ alert, spec, status: { ...rest, message, lastSeen: at, count } }];
}

function end(alert: StoredAlert, now: Date): AlertPlan['update'] {
  if (alert.status === undefined) return [];
  return [{ alert, spec: alert.spec, status: { ...alert.status, resolvedAt: now.toISOString() } }];
}

// An alert that comes and goes is sent once and stays, in place of a message each time.
function patienceOf({ status }: StoredAlert): number {
  if (status === undefined) return RESOLVE_MS;
  const seconds = Date.parse(status.lastSeen) - Date.parse(status.firstSeen);
  const isFlapping = status.count > 1 && seconds < status.count * FLAP_MS;
  return isFlapping ? Math.min(RESOLVE_MS * 2 ** (status.count - 1), MAX_RESOLVE_MS) : RESOLVE_MS;
}

function expired({ alerts, now }: AlertInput): StoredAlert[] {
  const resolved = alerts.filter(({ status }) => status?.resolvedAt !== undefined);
  const byProject = Map.groupBy(resolved, ({ project }) => project);
  return [...byProject.values()].flatMap((some) => {
    const newestFirst = some.toSorted((a, b) => resolvedMs(b) - resolvedMs(a));
    return newestFirst.filter(
      (alert, index) => index >= MAX_RESOLVED || now.getTime() - resolvedMs(alert) >= KEEP_RESOLVED_MS,
    );
  });
}

function resolvedMs({ status }: StoredAlert): number {
  return Date.parse(status?.resolvedAt ?? '');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
