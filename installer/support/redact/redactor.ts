import { isJsonObject, textAt } from '../../../apply/json.ts';
import { isKeptAnnotation } from './annotations.ts';
import type { Needle } from './known-secrets.ts';
import { learnable } from './learn.ts';
import { Needles } from './needles.ts';
import { mark, PATTERNS } from './patterns.ts';
import { isHarmless, isSensitiveName } from './sensitive-name.ts';

/** Takes out of texts and objects what must not leave. */
export interface Redactor {
  text(text: string): string;
  /** A Kubernetes object, or any other JSON value, to be written down. */
  object(value: unknown): unknown;
  /** Takes out what was found, anywhere so far, under the name of a secret: for a second look at everything. */
  again(text: string): string;
  /** What was taken out so far: reason to number. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Certificates and public keys: for everybody to see, and full of what looks like a key. */
const PUBLIC_BLOCK = /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----(?:[A-Za-z0-9+/=\s]|\\+n)+-----END \1-----/g;
const LEFT_OUT = '[left out]';

/** Knows what the Secrets hold, and what secrets look like elsewhere. */
export function createRedactor(known: readonly Needle[]): Redactor {
  const counts: Record<string, number> = {};
  const needles = new Needles(known);
  const learned = new Set<string>();
  const learn = (name: string, value: string) => {
    const telling = learnable(name, value);
    if (telling !== undefined) learned.add(telling);
  };
  const count = (reason: string) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
  };

  const text = (given: string): string => {
    const blocks: string[] = [];
    const bare = given
      .replaceAll('\u0000', '')
      .replace(PUBLIC_BLOCK, (block) => `\u0000${blocks.push(block) - 1}\u0000`);
    const unknown = needles.replace(bare, ({ label }) => {
      count(`content of ${label}`);
      return mark(`content of ${label}`);
    });
    const clean = PATTERNS.reduce((before, { reason, find, replace, value }) => {
      return before.replace(find, (match: string, ...more: unknown[]) => {
        const groups = groupsOf(more);
        const instead = replace(match, groups);
        if (instead === undefined) return match;
        count(reason);
        const found = value?.(groups);
        if (found !== undefined) learn(found.name, found.value);
        return instead;
      });
    }, unknown);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it stands in no text that is read here
    return clean.replace(/\u0000(\d+)\u0000/g, (_, index: string) => blocks[Number(index)] ?? '');
  };

  const named = (name: string, value: unknown): unknown => {
    if (typeof value !== 'string' || !isSensitiveName(name) || isHarmless(value)) return object(value);
    count('named secret');
    learn(name, value);
    return mark('named secret');
  };

  const list = (items: readonly unknown[]): unknown[] =>
    items.map((item, index) => {
      const before = items[index - 1];
      const flag = typeof before === 'string' && /^--?[\w.-]+$/.test(before) ? before : '';
      return typeof item === 'string' && !item.startsWith('-') ? named(flag, item) : object(item);
    });

  const object = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return list(value);
    if (!isJsonObject(value)) return value;
    // A variable, a header, a parameter: its name stands beside its value.
    const name = textAt(value, 'name') ?? textAt(value, 'key') ?? '';
    const isSecret = value.kind === 'Secret' && 'metadata' in value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, field]): [string, unknown][] => {
        if (key === 'managedFields') return [];
        if (isSecret && (key === 'data' || key === 'stringData')) return [[key, namesOf(field)]];
        if (key === 'annotations' && isJsonObject(field)) return [[key, annotations(field)]];
        return [[text(key), key === 'value' ? named(name, field) : named(key, field)]];
      }),
    );
  };

  const annotations = (given: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        isKeptAnnotation(key) ? named(key, value) : LEFT_OUT,
      ]),
    );

  const again = (given: string): string => {
    const found = [...learned].map((value) => ({ text: value, label: '' }));
    return new Needles(found).replace(given, () => {
      count('named secret elsewhere');
      return mark('named secret elsewhere');
    });
  };

  return { text, object, again, counts };
}

function namesOf(data: unknown): object {
  const entries = isJsonObject(data) ? Object.entries(data) : [];
  return Object.fromEntries(
    entries.map(([key, value]) => [key, `[left out, ${String(value).length} characters]`]),
  );
}

/** Between the match and where it was found. */
function groupsOf(more: readonly unknown[]): (string | undefined)[] {
  const end = more.findIndex((item) => typeof item === 'number');
  return more.slice(0, end).map((item) => (typeof item === 'string' ? item : undefined));
}
