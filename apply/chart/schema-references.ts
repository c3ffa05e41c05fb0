import { applyError } from '../errors.ts';
import { isJsonObject, type JsonObject, textAt } from '../json.ts';
import { type ChartFiles, readChartArchive } from './archive.ts';

/** A reference in a values.schema.json that leads out of it. */
export interface OutsideReference {
  /** `charts/db/values.schema.json`, or `charts/db-1.0.0.tgz: values.schema.json`. */
  readonly file: string;
  /** JSON pointer to the reference. */
  readonly pointer: string;
  readonly reference: string;
}

/** Charts within charts; nobody nests deeper. */
const MAX_DEPTH = 8;
/** Under this address Helm compiles every schema. */
const BASE = 'file:///values.schema.json';

/**
 * What the schemas of a chart and of the charts in it refer to outside themselves. Helm would follow each such
 * reference, over the network or to a file of this machine. Throws CHART_ARCHIVE_INVALID for a broken chart in it.
 */
export async function outsideReferences(files: ChartFiles, depth = 0): Promise<OutsideReference[]> {
  const found: OutsideReference[] = [];
  for (const [path, data] of files) {
    if (/^(?:charts\/[^/]+\/)*values\.schema\.json$/.test(path))
      found.push(...referencesIn(data).map((reference) => ({ ...reference, file: path })));
    if (!/^(?:charts\/[^/]+\/)*charts\/[^/]+\.tgz$/.test(path) || depth >= MAX_DEPTH) continue;
    const inner = await outsideReferences(await readChartArchive(data, path), depth + 1);
    found.push(...inner.map(({ file, ...rest }) => ({ ...rest, file: `${path}: ${file}` })));
  }
  return found;
}

/** Throws SCHEMA_REFERENCE_OUTSIDE, naming file and pointer of each reference, before helm could follow any. */
export async function checkSchemaReferences(files: ChartFiles, subject: string): Promise<void> {
  const found = await outsideReferences(files);
  const [first] = found;
  if (first === undefined) return;
  const detail = found.map(({ file, pointer, reference }) => `${file}#${pointer}: ${reference}`).join('; ');
  throw applyError('SCHEMA_REFERENCE_OUTSIDE', { subject, detail });
}

function referencesIn(data: Buffer): Omit<OutsideReference, 'file'>[] {
  let schema: unknown;
  try {
    schema = JSON.parse(data.toString('utf8').replace(/^\u{feff}/u, ''));
  } catch {
    return []; // helm can't read it either, and says so
  }
  const draft = draftOf(schema);
  const found = [...walk(schema, '', BASE, draft)];
  const own = new Set([BASE, ...found.filter(isOwnId).map(({ target }) => target)]);
  return found
    .filter(({ kind, target }) => kind === 'reference' && !own.has(target) && !isBuiltIn(target))
    .map(({ pointer, text }) => ({ pointer, reference: text }));
}

interface Seen {
  readonly kind: 'id' | 'reference';
  readonly pointer: string;
  readonly text: string;
  /** The address without its fragment. */
  readonly target: string;
}

const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef', '$schema']);
/** Their values are data, whatever it looks like. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);
/** Their keys are names that the author chose. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependencies',
  'dependentSchemas',
]);

function* walk(schema: unknown, pointer: string, outer: string, draft: number): Generator<Seen> {
  if (Array.isArray(schema)) {
    for (const [index, item] of schema.entries()) yield* walk(item, `${pointer}/${index}`, outer, draft);
    return;
  }
  if (!isJsonObject(schema)) return;
  const id = idOf(schema, draft);
  const base = id === undefined ? outer : resolve(id, outer);
  if (id !== undefined) yield { kind: 'id', pointer, text: id, target: base };
  for (const [key, value] of Object.entries(schema)) {
    const at = `${pointer}/${escaped(key)}`;
    if (REFERENCES.has(key) && typeof value === 'string')
      yield { kind: 'reference', pointer: at, text: value, target: resolve(value, base) };
    else if (NAMED.has(key) && isJsonObject(value)) yield* named(value, at, base, draft);
    else if (!DATA.has(key)) yield* walk(value, at, base, draft);
  }
}

function* named(schemas: JsonObject, pointer: string, base: string, draft: number): Generator<Seen> {
  for (const [name, schema] of Object.entries(schemas))
    yield* walk(schema, `${pointer}/${escaped(name)}`, base, draft);
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** 4, 6 or 7; more for those named after a year, which is also what holds when none is named. */
function draftOf(schema: unknown): number {
  return Number(/\/draft-0(\d)\//.exec(textAt(schema, '$schema') ?? '')?.[1] ?? 2020);
}

// Up to draft 7 nothing beside a $ref counts; draft 4 called it `id`.
function idOf(schema: JsonObject, draft: number): string | undefined {
  if (draft <= 7 && typeof schema.$ref === 'string') return undefined;
  return textAt(schema, draft <= 4 ? 'id' : '$id');
}

// Whether a validator takes a part for the schema of that name depends on where it stands, so what could be reached on
// this machine is never believed to be within.
function isOwnId({ kind, target }: Seen): boolean {
  return (
    kind === 'id' &&
    URL.canParse(target) &&
    /^https?:$/.test(new URL(target).protocol) &&
    !isLocal(new URL(target))
  );
}

function isLocal({ hostname }: URL): boolean {
  return /^(?:localhost|.*\.localhost|127\..*|0\..*|\[.*\])$/.test(hostname);
}

function resolve(reference: string, base: string): string {
  if (reference.startsWith('#')) return base;
  try {
    const url = new URL(reference, base);
    url.hash = '';
    return url.href;
  } catch {
    return reference;
  }
}

// The metaschemas that every validator has built in; a urn is a name, and helm asks nobody for it.
function isBuiltIn(target: string): boolean {
  return (
    target.startsWith('urn:') ||
    /^https?:\/\/json-schema\.org\/(?:schema|draft-0[467]\/schema|draft\/20(?:19-09|20-12)\/(?:schema|meta\/[a-z-]+))$/.test(
      target,
    )
  );
}
