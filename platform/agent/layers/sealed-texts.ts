import type { JsonObject } from '../../../apply/json.ts';
import { SkerryError } from '../../../content/error.ts';

/** Shorter ones are in every text by chance, and hiding them would only show where. */
const SHORTEST = 4;
const HIDDEN = '(sealed)';

/**
 * What failed, without the sealed values that Helm, a chart or the API server may have quoted: it goes into the log, into
 * events and to the hub.
 */
export function withoutSealed(error: unknown, values: JsonObject): unknown {
  const texts = textsIn(values);
  if (!(error instanceof SkerryError) || texts.length === 0) return error;
  const { code, means, remedy, exit, subject, detail } = error;
  const hide = (text: string) => texts.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  // Its cause may say the same once more.
  const hidden = { subject: hide(subject), detail: detail === undefined ? undefined : hide(detail) };
  return new SkerryError(code, { means, remedy, exit }, hidden);
}

/** The longest first, since one may be part of another; also as they stand in the data of a Secret. */
function textsIn(values: unknown): string[] {
  const plain = leavesOf(values).filter((text) => text.length >= SHORTEST);
  const told = plain.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString('base64'),
  ]);
  return [...new Set(told)].toSorted((a, b) => b.length - a.length);
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}
