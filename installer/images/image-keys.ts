import { formatReference, tryParseReference } from '../../content/reference.ts';

/** Keys of a ConfigMap: letters, digits, `-`, `_` and `.`, at most 253 of them. */
const MAX_KEY = 253;

/** No part of a reference; marks its start while prefixes are taken off. */
const START = '^';
/** Docker Hub's ways to be named. Taken off in this order, they leave the familiar short form. */
const HUB_PREFIXES = ['index.docker.io/', 'docker.io/', 'library/'];
/** What may not stand in a key, behind an escape sign of its own: no two references have one key. */
const ESCAPES: readonly (readonly [string, string])[] = [
  ['_', '_u'],
  ['/', '_s'],
  [':', '_c'],
  ['@', '_a'],
];

/** The key of a reference as somebody wrote it. `keyExpression` says the same in CEL. */
export function imageKey(reference: string): string {
  let text = START + reference;
  for (const prefix of HUB_PREFIXES) text = text.replace(START + prefix, START);
  text = text.slice(START.length);
  for (const [from, to] of ESCAPES) text = text.replaceAll(from, to);
  return text;
}

/** `imageKey` as a CEL expression of the image's text. */
export function keyExpression(image: string): string {
  const prefixes = HUB_PREFIXES.map((prefix) => `.replace('${START}${prefix}', '${START}')`);
  const escapes = ESCAPES.map(([from, to]) => `.replace('${from}', '${to}')`);
  return `('${START}' + ${image})${prefixes.join('')}.substring(${START.length})${escapes.join('')}`;
}

export interface ImageKeys {
  /** Where each key's image is to be pulled from. */
  readonly data: Readonly<Record<string, string>>;
  /** References that fit no key. */
  readonly left: readonly string[];
}

/**
 * The keys of every spelling under which a pod may ask for an image: with its tag, with its digest, with both, and
 * without any where the tag is `latest`. What a release names itself goes before a spelling that is only derived.
 */
export function imageKeys(images: ReadonlyMap<string, string>): ImageKeys {
  const written = new Map<string, string>();
  const derived = new Map<string, string>();
  const left: string[] = [];
  for (const [reference, target] of images) {
    const [own, ...others] = spellings(reference, target);
    if (own === undefined || imageKey(own).length > MAX_KEY) left.push(reference);
    else written.set(imageKey(own), target);
    for (const other of others.map(imageKey)) if (other.length <= MAX_KEY) derived.set(other, target);
  }
  const all = [...new Map([...derived, ...written])].sort(([a], [b]) => (a < b ? -1 : 1));
  return { data: Object.fromEntries(all), left };
}

function spellings(reference: string, target: string): string[] {
  const parsed = tryParseReference(reference);
  if (parsed === undefined) return [];
  const { host, path, tag } = parsed;
  const digest = parsed.digest ?? tryParseReference(target)?.digest;
  const bare = { host, path };
  return [
    formatReference(parsed),
    ...(tag === undefined ? [] : [formatReference({ ...bare, tag })]),
    ...(digest === undefined
      ? []
      : [formatReference({ ...bare, digest }), formatReference({ ...bare, tag, digest })]),
    ...(tag === 'latest' ? [formatReference(bare)] : []),
  ];
}
