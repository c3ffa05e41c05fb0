import { randomBytes, timingSafeEqual } from 'node:crypto';
import { digestOf } from '../../../content/digest.ts';

/** What an agent is let in with: which Enrollment, and a secret of 256 bits. */
export interface Token {
  readonly project: string;
  readonly enrollment: string;
  readonly secret: string;
}

const GRAMMAR = /^([a-z0-9-]{1,63})\.([a-z0-9-]{1,63})\.([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;

export function makeToken(project: string, enrollment: string, random = randomBytes): Token {
  return { project, enrollment, secret: random(SECRET_BYTES).toString('base64url') };
}

export function writeToken({ project, enrollment, secret }: Token): string {
  return `${project}.${enrollment}.${secret}`;
}

export function readToken(text: string): Token | undefined {
  const [, project, enrollment, secret] = GRAMMAR.exec(text) ?? [];
  if (project === undefined || enrollment === undefined || secret === undefined) return undefined;
  return { project, enrollment, secret };
}

/** What is kept of a token: a hash without salt is enough for 256 random bits. */
export function hashToken(token: Token): string {
  return digestOf(writeToken(token));
}

/** In constant time: how much of the hash was right stays unknown. */
export function isHashOf(hash: string, token: Token): boolean {
  const [one, two] = [Buffer.from(hash), Buffer.from(hashToken(token))];
  return one.length === two.length && timingSafeEqual(one, two);
}
