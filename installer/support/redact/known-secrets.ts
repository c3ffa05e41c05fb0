import { isJsonObject, objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';

/** A text that stands in a Secret, in one of the forms in which it can turn up elsewhere. */
export interface Needle {
  readonly text: string;
  /** Which Secret it is of. */
  readonly label: string;
}

/** Shorter ones are words. */
const MIN = 4;
/** A line or field of a longer text. */
const MIN_PART = 8;
/** For finding it within base64 of something longer. */
const MIN_WITHIN = 9;
/** These tell who, not how they get in. */
const OPEN_KEY =
  /^(?:user(?:name)?|namespace|issuer|signer|server|host|hostname|port|email|url|type|enrolled\.json)$/i;
const WORD =
  /^(?:true|false|null|none|admin|administrator|root|user|skerry|hub|registry|default|localhost|password|secret|token|opaque|https?)$/i;

/** Everything that a Secret holds which is not for others, in all its forms. The object stays here. */
export function needlesOf(secret: KubeObject): Needle[] {
  const { name, namespace = '' } = secret.metadata;
  const data = objectAt(secret, 'data') ?? {};
  const found = new Map<string, Needle>();
  for (const key of Object.keys(data)) {
    if (OPEN_KEY.test(key)) continue;
    const encoded = textAt(data, key) ?? '';
    const label = `Secret ${namespace}/${name}`;
    for (const text of [...formsOfBytes(encoded), ...partsOf(decode(encoded)).flatMap(formsOf)])
      if (!found.has(text)) found.set(text, { text, label });
  }
  return [...found.values()];
}

/** The whole, its lines, and the fields of what is JSON, `name:value` or `name=value`. */
function partsOf(text: string): string[] {
  const whole = text.trim();
  // A certificate is there for everybody to see.
  if (whole === '' || isPublic(whole)) return [];
  const lines = whole.split(/\r?\n/).filter((line) => !line.startsWith('-----'));
  const long = lines.length > 1 ? lines.map((line) => line.trim()).filter(isPart) : [];
  const fields = lines.flatMap((line) => {
    const [, value = ''] = /^[^:=\s]{1,64}[:=]\s*(\S.*)$/.exec(line.trim()) ?? [];
    return isPart(value) ? [value.replace(/^["']|["']$/g, '')] : [];
  });
  const leaves = leavesOf(tryJson(whole));
  return [...new Set([whole, ...long, ...fields, ...leaves])].filter(
    (part) => part.length >= MIN && !WORD.test(part),
  );
}

function leavesOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string')
    return OPEN_KEY.test(key) ? [] : [value, ...(key === 'auth' ? loginOf(value) : [])];
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, key));
  return isJsonObject(value) ? Object.entries(value).flatMap(([name, item]) => leavesOf(item, name)) : [];
}

/** The password of a `user:password` in base64. */
function loginOf(auth: string): string[] {
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(decode(auth)) ?? [];
  return password === '' ? [] : [password];
}

/** As it is, as JSON and addresses write it, and in base64: alone, or within something longer. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const json = JSON.stringify(text).slice(1, -1);
  const forms = [text, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(text)];
  return [...new Set([...forms, ...formsOfBytes(bytes.toString('base64')), ...withinBase64(bytes)])];
}

function formsOfBytes(base64: string): string[] {
  const bare = base64.replace(/=+$/, '');
  return bare.length < MIN_PART ? [] : [bare, bare.replaceAll('+', '-').replaceAll('/', '_')];
}

// What stands before it moves it by 0, 1 or 2 bytes; what of each is the same whatever surrounds it.
function withinBase64(bytes: Buffer): string[] {
  if (bytes.length < MIN_WITHIN) return [];
  return [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const text = padded.toString('base64').replace(/=+$/, '');
    const start = Math.ceil((shift * 8) / 6);
    return text.slice(start, Math.floor((padded.length * 8) / 6));
  });
}

function isPart(text: string): boolean {
  return text.length >= MIN_PART;
}

function isPublic(text: string): boolean {
  return /^-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----/.test(text) && !text.includes('PRIVATE');
}

/** Empty for what is no text. */
function decode(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  return text.includes('\u{fffd}') ? '' : text;
}
