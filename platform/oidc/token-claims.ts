import { z } from 'zod';
import { tryJson } from '../../content/json.ts';

const Claims = z.looseObject({
  sub: z.string().max(300),
  exp: z.number().optional(),
  iat: z.number().optional(),
});
/** A token is renewed so long (seconds) before it ends: clocks differ, and a request takes its time. */
const RENEW_LEFT_SECONDS = 60;

/** Who a token says that it is of (RFC 7519, 4.1.2); the hub alone knows whether that is true. */
export function userOf(token: string): string {
  return claimsOf(token)?.sub ?? 'a user that the token does not name';
}

/** When a token ends, in milliseconds since 1970, where it says so. */
export function endOf(token: string): number | undefined {
  const seconds = claimsOf(token)?.exp;
  return seconds === undefined ? undefined : seconds * 1000;
}

/** When a token should be replaced by another one, in milliseconds since 1970; some live but for a minute. */
export function renewalOf(token: string): number | undefined {
  const { exp, iat } = claimsOf(token) ?? {};
  if (exp === undefined) return undefined;
  const left =
    iat === undefined ? RENEW_LEFT_SECONDS : Math.min(RENEW_LEFT_SECONDS, Math.max(0, exp - iat) / 4);
  return (exp - left) * 1000;
}

function claimsOf(token: string): z.infer<typeof Claims> | undefined {
  const [, payload] = token.split('.');
  return payload === undefined
    ? undefined
    : Claims.safeParse(tryJson(Buffer.from(payload, 'base64url').toString('utf8'))).data;
}
