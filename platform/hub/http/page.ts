import { z } from 'zod';
import { platformError } from '../../errors.ts';

const MAX_LIMIT = 500;

/** Query of a list: Kubernetes' own names for the same things. */
export const PageQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(100)
    .meta({ description: 'How many at most.' }),
  continue: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: 'The `continue` of the page before; absent for the first.' }),
});
export type PageQuery = z.output<typeof PageQuery>;

/** What a list answers. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    continue: z.string().optional().meta({ description: 'Asks for the next page; absent on the last.' }),
  });
}

/**
 * One page of names and the token for the next. The token names the last one, so a list that changes between two
 * pages neither repeats nor skips what stays in it. Throws REQUEST_INVALID.
 */
export function cutPage(
  names: readonly string[],
  { limit, continue: token }: PageQuery,
  isAfter: (name: string, last: string) => boolean,
): { names: readonly string[]; next: string | undefined } {
  const last = token === undefined ? undefined : readToken(token);
  const rest = last === undefined ? names : names.filter((name) => isAfter(name, last));
  const page = rest.slice(0, limit);
  const end = page.at(-1);
  return { names: page, next: rest.length > limit && end !== undefined ? makeToken(end) : undefined };
}

function makeToken(name: string): string {
  return Buffer.from(`v1:${name}`).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('v1:') && makeToken(text.slice(3)) === token) return text.slice(3);
  throw platformError('REQUEST_INVALID', { subject: 'continue', detail: 'not made by this hub' });
}
