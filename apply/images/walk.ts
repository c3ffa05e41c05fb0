import { isJsonObject, type JsonObject } from '../json.ts';
import { type Inherited, imagesInParts, inheritedFrom } from './image-parts.ts';
import type { ObjectPath } from './image-slots.ts';
import { namesImage } from './key-words.ts';
import { hostOf, type Likelihood, likelihoodOf } from './likelihood.ts';
import { fieldBlocks, structureIn } from './nested-text.ts';
import { imagesInText, type TextImage } from './text-images.ts';

export interface ImagePlace {
  readonly path: ObjectPath;
  readonly reference: string;
  readonly likelihood: Likelihood;
}

interface Around {
  /** The nearest name: of a field, a flag or a variable. */
  readonly key?: string | undefined;
  readonly inherited: Inherited;
  readonly amongImages: boolean;
  /** How many texts are being read within texts. */
  readonly depth: number;
}

const MAX_DEPTH = 4;
/** Fields of Kubernetes' own that never hold an image; what is below them isn't looked at. */
const NO_IMAGES = new Set([
  'apiVersion',
  'kind',
  'labels',
  'matchLabels',
  'managedFields',
  'ownerReferences',
]);

/** Everything in a value that could be an image, however deep, also in texts that are YAML or JSON themselves. */
export function* imagesBelow(
  value: unknown,
  path: ObjectPath = [],
  around: Around = { inherited: {}, amongImages: false, depth: 0 },
): Generator<ImagePlace> {
  if (typeof value === 'string') yield* inText(value, path, around);
  else if (Array.isArray(value)) yield* inList(value, path, around);
  else if (isJsonObject(value)) yield* inObject(value, path, around);
}

function* inText(text: string, path: ObjectPath, around: Around): Generator<ImagePlace> {
  const structure = around.depth < MAX_DEPTH && text.length > 8 ? structureIn(text) : undefined;
  if (structure !== undefined) {
    yield* imagesBelow(structure, path, { ...around, depth: around.depth + 1 });
    return;
  }
  for (const found of imagesInText(text, around.key)) yield* withRegistry(found, text, path, around);
  if (!text.includes('\n')) return;
  for (const fields of fieldBlocks(text))
    for (const { reference, likelihood } of imagesInParts(fields, around))
      yield { path, reference, likelihood };
}

/** `registry: quay.io/acme, images: [a:1]`: with a registry further out a bare name is rather one of its own. */
function* withRegistry(
  found: TextImage,
  text: string,
  path: ObjectPath,
  { key, inherited: { registry } }: Around,
): Generator<ImagePlace> {
  const { reference } = found;
  const shared =
    registry !== undefined && namesImage(key) && reference === text && hostOf(reference) === undefined;
  if (shared && likelihoodOf(`${registry}/${reference}`, { key, whole: true }) === 'likely') {
    yield { path, reference: `${registry}/${reference}`, likelihood: 'likely' };
    yield { path, reference, likelihood: 'possible' };
  } else {
    yield { path, ...found };
  }
}

function* inList(list: readonly unknown[], path: ObjectPath, around: Around): Generator<ImagePlace> {
  const variables = list.map(variableOf);
  const fields = new Map([
    ...variables.flatMap((variable) => (variable ? [[variable.name, variable.value] as const] : [])),
    ...flagsOf(list),
  ]);
  const parts = imagesInParts(fields);
  for (const { reference, likelihood } of parts) yield { path, reference, likelihood };
  const used = new Set(parts.flatMap(({ keys }) => keys));
  for (const [index, item] of list.entries()) {
    const variable = variables[index];
    if (variable === undefined) {
      const flag = typeof item === 'string' ? flagOf(list[index - 1]) : undefined;
      if (used.has(flag ?? '') || (typeof item === 'string' && used.has(item.split('=')[0] ?? ''))) continue;
      yield* imagesBelow(item, [...path, index], { ...around, key: flag ?? around.key });
    } else if (!used.has(variable.name)) {
      yield* imagesBelow(variable.value, [...path, index, 'value'], { ...around, key: variable.name });
    }
  }
}

/** The values of `--flag=value` and `--flag value`. */
function flagsOf(list: readonly unknown[]): [string, string][] {
  return list.flatMap((item, index): [string, string][] => {
    if (typeof item !== 'string') return [];
    const [, flag, value] = /^(--?[A-Za-z][\w.-]*)=(\S+)$/.exec(item) ?? [];
    if (flag !== undefined && value !== undefined) return [[flag, value]];
    const before = flagOf(list[index - 1]);
    return before === undefined || item.startsWith('-') ? [] : [[before, item]];
  });
}

/** `--engine-image acme/engine:1.0` as two arguments: the first names the second. */
function flagOf(item: unknown): string | undefined {
  return typeof item === 'string' && /^--?[A-Za-z][\w.-]*$/.test(item) ? item : undefined;
}

/** A variable of a container, or whatever else is written as name and value. */
function variableOf(item: unknown): { name: string; value: string } | undefined {
  if (!isJsonObject(item) || typeof item.name !== 'string') return undefined;
  const value = typeof item.value === 'number' ? String(item.value) : item.value;
  return typeof value === 'string' ? { name: item.name, value } : undefined;
}

function* inObject(object: JsonObject, path: ObjectPath, around: Around): Generator<ImagePlace> {
  const isMetadata = path.at(-1) === 'metadata';
  const fields = new Map(Object.entries(object).filter(([key]) => !NO_IMAGES.has(key)));
  // `global` beside the fields is Helm's way to say something for all of them.
  const outer = isJsonObject(object.global)
    ? inheritedFrom(new Map(Object.entries(object.global)), around.inherited)
    : around.inherited;
  const parts = isMetadata ? [] : imagesInParts(fields, { ...around, inherited: outer });
  for (const { reference, likelihood } of parts) yield { path, reference, likelihood };
  const used = new Set(parts.flatMap(({ keys }) => keys));
  const inherited = inheritedFrom(fields, outer);
  for (const [key, field] of fields) {
    if (used.has(key) || (isMetadata && key !== 'annotations')) continue;
    const amongImages = around.amongImages || namesImage(key);
    yield* imagesBelow(field, [...path, key], { ...around, key, inherited, amongImages });
  }
}
