import type { z } from 'zod';
import { tryJson } from '../../content/json.ts';
import { platformError } from '../errors.ts';

/** What the hub said, if it is what it should be. Throws HUB_ANSWER_INVALID. */
export function narrow<T>(schema: z.ZodType<T>, value: unknown, subject: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const detail = `${issue?.path.join('.') || 'the answer'}: ${issue?.message}`;
  throw platformError('HUB_ANSWER_INVALID', { subject, detail });
}

/** As narrow, for the text of an event. */
export function narrowText<T>(schema: z.ZodType<T>, text: string, subject: string): T {
  return narrow(schema, tryJson(text), subject);
}
