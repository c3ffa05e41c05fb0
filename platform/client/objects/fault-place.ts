import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import { HubRefusal, type RefusedField } from '../connection/problem-error.ts';
import { placeIn } from './pointer.ts';

/** Which object of a file is meant. */
interface Meant {
  readonly source: string;
  readonly text: string;
  readonly kind: string;
  readonly name: string;
}

/** A refusal of the hub says where in the file its fields are. */
export async function placed<T>(meant: Meant, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HubRefusal) || error.errors.length === 0) throw error;
    throw error.saying(faultLines(error.errors, meant));
  }
}

/** `FILE:LINE:COLUMN: what is wrong`, as editors jump to it; without a place where the file has no such object. */
export function faultLines(
  faults: readonly RefusedField[],
  { source, text, kind, name }: Meant,
): readonly string[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent' });
  const found = documents.find(
    (document) =>
      document.contents !== null &&
      isMap(document.contents) &&
      document.getIn(['kind']) === kind &&
      document.getIn(['metadata', 'name']) === name,
  );
  // A spec alone is taken too.
  const root = found ?? documents[0];
  const isWhole = found !== undefined;
  return faults.map(({ pointer = '', path, message, within }) => {
    const place =
      root === undefined
        ? undefined
        : placeIn(root.contents, lines, text, fileSteps(pointer, isWhole), within);
    const said = path === '' ? message : `${path}: ${message}`;
    return place === undefined ? `${source}: ${said}` : `${source}:${place.line}:${place.column}: ${said}`;
  });
}

/** Where files have what the hub takes: names and labels are metadata there. */
function fileSteps(pointer: string, isWhole: boolean): string {
  if (!isWhole) return pointer.replace(/^\/spec(?=\/|$)/, '');
  if (pointer === '/project') return '/metadata/namespace';
  return pointer.replace(/^\/(name|labels)(?=\/|$)/, '/metadata/$1');
}
