import { matchesRepository, parseRepositoryPattern, type RepositoryPattern } from '../repository-pattern.ts';

/** What can be granted by name in a users file; `*` there means all of them. */
export const GRANTABLE = ['pull', 'push', 'delete', 'list'] as const;
export type Grantable = (typeof GRANTABLE)[number];

/** One rule of a limited account: `PATTERN=ACTION,ACTION`. */
interface Rule {
  readonly pattern: RepositoryPattern;
  readonly actions: ReadonlySet<Grantable>;
}

/** What an account may do, and until when. */
export interface Permissions {
  /** Undefined: everything. */
  readonly rules: readonly Rule[] | undefined;
  /** Milliseconds since 1970 from which on the account counts no more. */
  readonly until?: number | undefined;
}

export const EVERYTHING: Permissions = { rules: undefined };

/**
 * Reads the third field of a line in a users file: rules and, at will, `until=DATE`, separated by blanks. A DATE is a
 * day, to whose end (UTC) the account counts, or a moment as in RFC 3339. Gives a sentence on what is wrong instead.
 */
export function parsePermissions(text: string): Permissions | string {
  const rules: Rule[] = [];
  let until: number | undefined;
  for (const entry of text.split(/\s+/).filter(Boolean)) {
    const equals = entry.lastIndexOf('=');
    if (equals === -1) return ruleWithoutActions(entry);
    const [key, value] = [entry.slice(0, Math.max(equals, 0)), entry.slice(equals + 1)];
    // A repository may be called "until" too; actions never begin with a digit, and dates always do.
    if (key === 'until' && /^[0-9]/.test(value)) {
      until = parseMoment(value);
      if (until === undefined) return `"${value}" is no date: write 2027-01-31 or 2027-01-31T12:00:00Z`;
      continue;
    }
    const rule = parseRule(key, value);
    if (typeof rule === 'string') return rule;
    rules.push(rule);
  }
  // An expiry alone would leave open what is meant: everything, or nothing.
  if (rules.length === 0) return 'no rule: write **=* for an account that may do everything';
  return { rules, until };
}

/** The third field for these rules, as `parsePermissions` reads it. */
export function formatPermissions({ rules, until }: Permissions): string {
  const entries = (rules ?? []).map(({ pattern, actions }) => `${pattern.text}=${[...actions].join(',')}`);
  if (until !== undefined) entries.push(`until=${formatUntil(until)}`);
  return entries.join(' ');
}

export function isGranted({ rules }: Permissions, repository: string, action: Grantable): boolean {
  return (
    rules === undefined ||
    rules.some(({ pattern, actions }) => actions.has(action) && matchesRepository(pattern, repository))
  );
}

/** Whether the catalog shows this account anything at all. */
export function mayList({ rules }: Permissions): boolean {
  return rules === undefined || rules.some(({ actions }) => actions.has('list'));
}

export function isOver({ until }: Permissions, now: number): boolean {
  return until !== undefined && now >= until;
}

/** The last day on which the account counts, or the moment from which on it does not. */
export function formatUntil(until: number): string {
  return until % DAY === 0 ? new Date(until - DAY).toISOString().slice(0, 10) : new Date(until).toISOString();
}

/** Milliseconds since 1970; a day counts to its end, UTC. */
function parseMoment(text: string): number | undefined {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!day && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/.test(text)) return undefined;
  const moment = Date.parse(text);
  // Date.parse takes the 31st of February for the 3rd of March.
  if (Number.isNaN(moment) || !new Date(moment).toISOString().startsWith(text.slice(0, 10))) return undefined;
  return day ? moment + DAY : moment;
}

const DAY = 24 * 3600 * 1000;

// What is no pattern is not repeated: it may be a hash in the wrong place.
function ruleWithoutActions(entry: string): string {
  return parseRepositoryPattern(entry) === undefined
    ? 'a rule is PATTERN=ACTIONS, such as team/**=pull,push'
    : `"${entry}" does not say what may be done: write ${entry}=pull or ${entry}=pull,push`;
}

function parseRule(name: string, list: string): Rule | string {
  const pattern = parseRepositoryPattern(name);
  if (pattern === undefined) return `"${name}" is no pattern for repositories`;
  const actions = new Set<Grantable>();
  for (const word of list.split(',')) {
    const action = GRANTABLE.find((known) => known === word);
    if (word === '*') for (const each of GRANTABLE) actions.add(each);
    else if (action === undefined) return `"${word}" is no action: pull, push, delete, list or *`;
    else actions.add(action);
  }
  return { pattern, actions };
}
