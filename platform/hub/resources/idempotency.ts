import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isJsonObject } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';

/** Holds which request made an object, so that the same request can be known again by any hub. */
export const REQUEST_ANNOTATION = 'skerry.dev/created-by-request';

export const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]+$/)
  .meta({
    description: 'Repeating a request with the same key gives the object that the first one made.',
  });

/** A request to make an object: who sent it with which key, and what it says. */
export interface CreationMark {
  readonly key: string;
  readonly content: string;
}

export function creationMark(username: string, key: string, content: unknown): CreationMark {
  return { key: hash([username, key]), content: hash(content) };
}

export function markText({ key, content }: CreationMark): string {
  return `${key}.${content}`;
}

/** Whether the object was made by this request, by another with the same key, or by neither. */
export function madeBy({ metadata }: KubeObject, mark: CreationMark): 'same' | 'key' | 'other' {
  const [key, content] = (metadata.annotations?.[REQUEST_ANNOTATION] ?? '').split('.');
  if (key !== mark.key) return 'other';
  return content === mark.content ? 'same' : 'key';
}

function hash(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('base64url');
}

// Members in a fixed order: a client may write the same object in another one.
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isJsonObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
