import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';
import { labelSelector } from './label-selector.ts';
import { stateOf, stateRank } from './object-state.ts';
import { searchText } from './search-text.ts';

export const SORTS = ['name', '-name', 'age', '-age', 'state', '-state'] as const;

/** What of a list is wanted. */
export interface Selecting {
  readonly limit: number;
  readonly continue?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Words that must all be found. */
  readonly filter?: string | undefined;
  /** States of which one must be the object's. */
  readonly states?: readonly string[] | undefined;
  /** By project and name when absent. */
  readonly sort?: (typeof SORTS)[number] | undefined;
}

export interface Selected {
  readonly items: readonly KubeObject[];
  readonly next: string | undefined;
  /** How many there are on all pages. */
  readonly total: number;
  /** How many are in each state, whatever states are wanted. */
  readonly states: Readonly<Record<string, number>>;
}

/** A page of those objects that are wanted. Throws REQUEST_INVALID. */
export function select(objects: Iterable<KubeObject>, wanted: Selecting): Selected {
  const start = wanted.continue === undefined ? undefined : readToken(wanted.continue, wanted.sort);
  const found = [...objects].filter(fits(wanted));
  const states = new Map<string, number>();
  for (const object of found) {
    const state = stateOf(object);
    if (state !== '') states.set(state, (states.get(state) ?? 0) + 1);
  }
  const { states: meant } = wanted;
  const chosen = meant === undefined ? found : found.filter((object) => meant.includes(stateOf(object)));
  const keyed = chosen.map((object) => ({ object, key: keyOf(object, wanted.sort) }));
  const turn = wanted.sort?.startsWith('-') === true ? -1 : 1;
  keyed.sort((a, b) => turn * compare(a.key, b.key));
  const rest = start === undefined ? keyed : keyed.filter(({ key }) => turn * compare(key, start) > 0);
  const page = rest.slice(0, wanted.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ object }) => object),
    next: rest.length > page.length && last !== undefined ? makeToken(last.key, wanted.sort) : undefined,
    total: chosen.length,
    states: Object.fromEntries(states),
  };
}

function fits({ filter = '', labelSelector: selector }: Selecting): (object: KubeObject) => boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const hasLabels = selector === undefined ? () => true : labelSelector(selector);
  return (object) =>
    hasLabels(object.metadata.labels ?? {}) &&
    (words.length === 0 || words.every((word) => searchText(object).includes(word)));
}

type Key = readonly string[];

function keyOf(object: KubeObject, sort: Selecting['sort']): Key {
  const { name, namespace = '', creationTimestamp = '' } = object.metadata;
  if (sort === undefined) return [namespace, name];
  if (sort.endsWith('name')) return [name, namespace];
  if (sort.endsWith('state')) return [stateRank(stateOf(object)), namespace, name];
  // The youngest first: what is least old.
  return [String(8.64e15 - (Date.parse(creationTimestamp) || 0)).padStart(17, '0'), namespace, name];
}

function compare(a: Key, b: Key): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

const Token = z.tuple([z.literal(2), z.string()], z.string());

// It holds the key of the last object: a list that changes between two pages neither repeats nor skips what stays.
function makeToken(key: Key, sort = ''): string {
  return Buffer.from(JSON.stringify([2, sort, ...key])).toString('base64url');
}

function readToken(text: string, sort = ''): Key {
  const token = Token.safeParse(tryJson(Buffer.from(text, 'base64url').toString()));
  if (token.success && token.data[1] === sort) return token.data.slice(2).map(String);
  throw platformError('REQUEST_INVALID', { subject: 'continue', detail: 'not of this list' });
}
