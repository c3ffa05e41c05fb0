import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * What stands in a token: a JSON Web Token (RFC 7519) with the claims of distribution's token specification. It is made
 * and read by the registry alone, so one key (HMAC with SHA-256) does.
 */
export interface Claims {
  readonly id: string;
  readonly use: 'access' | 'refresh';
  /** Absent in the token of someone who did not log in. */
  readonly user?: string | undefined;
  /** Ties the token to the account's password: a new password ends it. */
  readonly account?: string | undefined;
  readonly access: readonly {
    readonly type: string;
    readonly name: string;
    readonly actions: readonly string[];
  }[];
  /** Milliseconds since 1970. */
  readonly issued: number;
  readonly expires: number;
}

/** How the token server and the registry call themselves to each other and to clients. */
export const SERVICE = 'skerry-registry';

// The algorithm is ours to know, so the header of a token is never trusted (RFC 8725, section 3.1).
const HEADER = encode({ typ: 'JWT', alg: 'HS256' });

const Payload = z.object({
  iss: z.literal(SERVICE),
  aud: z.literal(SERVICE),
  jti: z.string(),
  use: z.enum(['access', 'refresh']),
  sub: z.string().optional(),
  acc: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
  access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
});

export function signToken(claims: Claims, key: Buffer): string {
  const payload = encode({
    iss: SERVICE,
    aud: SERVICE,
    jti: claims.id,
    use: claims.use,
    sub: claims.user,
    acc: claims.account,
    iat: Math.floor(claims.issued / 1000),
    exp: Math.floor(claims.expires / 1000),
    access: claims.access,
  });
  const signed = `${HEADER}.${payload}`;
  return `${signed}.${signatureOf(signed, key).toString('base64url')}`;
}

/** The claims of a token that this key signed and that lives at `now`; undefined for any other. */
export function readToken(token: string, key: Buffer, now: number): Claims | undefined {
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  if (header !== HEADER || more.length > 0) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const right = signatureOf(`${header}.${payload}`, key);
  if (given.byteLength !== right.byteLength || !timingSafeEqual(given, right)) return undefined;
  const { data } = Payload.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  if (data === undefined || now >= data.exp * 1000) return undefined;
  const { jti: id, use, sub: user, acc: account, iat, exp, access } = data;
  return { id, use, user, account, access, issued: iat * 1000, expires: exp * 1000 };
}

/** The token of an Authorization header (RFC 6750, section 2.1); undefined when it is absent or of another kind. */
export function parseBearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1];
}

function signatureOf(text: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
