import { isJsonObject } from '../../../../apply/json.ts';

/** One field that is different in two specs. Absent where the field is not set. */
export interface Difference {
  /** As `packs.podinfo.version`. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What is different between two specs; items of a list that have names are compared by name. */
export function differences(before: unknown, after: unknown, field = ''): Difference[] {
  if (isSame(before, after)) return [];
  const [old, fresh] = [membersOf(before), membersOf(after)];
  if (old === undefined || fresh === undefined) {
    return [
      {
        field,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  }
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  const order =
    Array.isArray(after) && isMoved(old, fresh)
      ? [{ field: `${field}.order`, before: [...old.keys()], after: [...fresh.keys()] }]
      : [];
  const below = names.flatMap((name) =>
    differences(old.get(name), fresh.get(name), field === '' ? name : `${field}.${name}`),
  );
  return [...order, ...below];
}

/** The differences as lines that begin with -, + or ~. */
export function differenceLines(all: readonly Difference[]): string[] {
  return all.flatMap(({ field, before, after }) => {
    if (before === undefined) return [`+ ${field}: ${shown(after)}`];
    if (after === undefined) return [`- ${field}: ${shown(before)}`];
    if (typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n'))
      return [`~ ${field}:`, ...changedLines(before, after)];
    return [`~ ${field}: ${shown(before)} -> ${shown(after)}`];
  });
}

function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (isJsonObject(value)) return new Map(Object.entries(value));
  if (!Array.isArray(value)) return undefined;
  const named = value.map((item: unknown): [string, unknown] => [
    isJsonObject(item) && typeof item.name === 'string' ? item.name : '',
    item,
  ]);
  return named.length === 0 || named.some(([name]) => name === '') ? undefined : new Map(named);
}

// Of JSON alone; browsers have no comparison of their own.
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  if (!isJsonObject(one) || !isJsonObject(other)) return Object.is(one, other);
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  );
}

function isMoved(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): boolean {
  const kept = (names: Iterable<string>, others: ReadonlyMap<string, unknown>) =>
    [...names].filter((name) => others.has(name));
  const [old, fresh] = [kept(before.keys(), after), kept(after.keys(), before)];
  return !isSame(old, fresh);
}

function changedLines(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
  let end = 0;
  while (end < old.length - start && end < fresh.length - start && old.at(-1 - end) === fresh.at(-1 - end))
    end++;
  return [
    ...old.slice(start, old.length - end).map((line) => `    - ${line}`),
    ...fresh.slice(start, fresh.length - end).map((line) => `    + ${line}`),
  ];
}

function shown(value: unknown): string {
  return typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value);
}
