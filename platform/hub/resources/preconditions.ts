import { z } from 'zod';
import { platformError } from '../../errors.ts';

const ENTITY_TAGS = /^(\*|(W\/)?"[\x21\x23-\x7e]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e]*")*)$/;

/** RFC 9110, 13.1.1: `*` or the ETags of which one must be the object's. */
export const IfMatch = z
  .string()
  .max(500)
  .regex(ENTITY_TAGS)
  .meta({ description: 'The ETag that the object must have; * for any that exists.' });

/** RFC 9110, 13.1.2; only `*` makes sense where something is written. */
export const IfNoneMatch = z.literal('*').meta({ description: '*: only where there is no such object.' });

export function entityTag(version: string): string {
  return `"${version}"`;
}

/** Throws PRECONDITION_FAILED. */
export function checkMatch(ifMatch: string | undefined, version: string, subject: string): void {
  if (isMatch(ifMatch, version)) return;
  const detail = `it is ${entityTag(version)}, expected ${ifMatch}`;
  throw platformError('PRECONDITION_FAILED', { subject, detail });
}

/** Strong comparison: a weak tag matches nothing. */
export function isMatch(ifMatch: string | undefined, version: string): boolean {
  if (ifMatch === undefined || ifMatch === '*') return true;
  return ifMatch.split(',').some((tag) => tag.trim() === entityTag(version));
}
