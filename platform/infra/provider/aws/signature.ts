import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Keys of an IAM user, or of a role that was assumed (then with a session token). */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  /** All of these are signed; `host` is taken from the address. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const EMPTY = sha256('');

/**
 * The headers that a request is sent with, its signature among them, as the AWS Signature Version 4 documentation of the
 * IAM User Guide describes it.
 */
export function signedHeaders(
  { method, url, headers = {}, body = '' }: SignableRequest,
  keys: AwsKeys,
  scope: Scope,
  now: Date,
): Record<string, string> {
  const date = amzDate(now);
  const token = keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken };
  const sent = lowercase({ ...headers, 'x-amz-date': date, ...token });
  const signed = { ...sent, host: url.host };
  const names = Object.keys(signed).sort().join(';');
  const canonical = canonicalRequest(method, url, signed, sha256(body));
  const credential = `${keys.accessKeyId}/${credentialScope(scope, date)}`;
  const signature = sign(canonical, keys.secretAccessKey, scope, date);
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** An address that says who made it to whom it is given, for so many seconds. */
export function presignedUrl(
  { method, url, headers = {} }: SignableRequest,
  keys: AwsKeys,
  scope: Scope,
  now: Date,
  seconds: number,
): URL {
  const date = amzDate(now);
  const signed = lowercase({ ...headers, host: url.host });
  const presigned = new URL(url);
  const query = presigned.searchParams;
  query.set('X-Amz-Algorithm', ALGORITHM);
  query.set('X-Amz-Credential', `${keys.accessKeyId}/${credentialScope(scope, date)}`);
  query.set('X-Amz-Date', date);
  query.set('X-Amz-Expires', String(seconds));
  if (keys.sessionToken !== undefined) query.set('X-Amz-Security-Token', keys.sessionToken);
  query.set('X-Amz-SignedHeaders', Object.keys(signed).sort().join(';'));
  const canonical = canonicalRequest(method, presigned, signed, EMPTY);
  query.set('X-Amz-Signature', sign(canonical, keys.secretAccessKey, scope, date));
  return presigned;
}

/** Whether an address was presigned with this secret, its headers being these. */
export function isPresignedWith(
  url: URL,
  headers: Readonly<Record<string, string>>,
  secretAccessKey: string,
): boolean {
  const query = url.searchParams;
  const [, day = '', region = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
  const date = query.get('X-Amz-Date') ?? '';
  if (day !== date.slice(0, 8)) return false;
  const given = lowercase({ ...headers, host: url.host });
  const names = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const signed = Object.fromEntries(names.map((name) => [name, given[name] ?? '']));
  const unsigned = new URL(url);
  unsigned.searchParams.delete('X-Amz-Signature');
  const canonical = canonicalRequest('GET', unsigned, signed, EMPTY);
  const wanted = Buffer.from(sign(canonical, secretAccessKey, { region, service }, date));
  const found = Buffer.from(query.get('X-Amz-Signature') ?? '');
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

function canonicalRequest(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  bodyDigest: string,
): string {
  const names = Object.keys(headers).sort();
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  // Each segment is encoded once more than it is sent; only S3 differs.
  const path = url.pathname.split('/').map(encode).join('/');
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [method, path, query, lines.join(''), names.join(';'), bodyDigest].join('\n');
}

function sign(canonical: string, secret: string, scope: Scope, date: string): string {
  const text = [ALGORITHM, date, credentialScope(scope, date), sha256(canonical)].join('\n');
  const parts = [date.slice(0, 8), scope.region, scope.service, 'aws4_request'];
  const key = parts.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
  return hmac(key, text).toString('hex');
}

function credentialScope({ region, service }: Scope, date: string): string {
  return `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** ISO 8601 without punctuation and fractions. */
function amzDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** RFC 3986: encodeURIComponent leaves five characters that are reserved there. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${hexOf(character)}`);
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase();
}

function lowercase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
