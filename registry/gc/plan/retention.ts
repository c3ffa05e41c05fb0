import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../../content/error.ts';
import { registryError } from '../../errors.ts';
import { matchesRepository, parseRepositoryPattern } from '../../repository-pattern.ts';
import { parseDuration } from '../duration.ts';

/** Keeps what no tag holds for longer than usual. Rules keep; they never delete. */
export interface RetentionRule {
  /** A pattern as in permissions: `team/app`, `team/*`, `team/**`, `**`. */
  readonly repositories: string;
  /** Milliseconds since it lost its tag, or since it came where it has none; undefined for ever. */
  readonly keepFor?: number | undefined;
}

export const RetentionRuleSchema: z.ZodType<RetentionRule> = z.object({
  repositories: z.string().refine(isPattern, { message: 'not a pattern of repositories such as team/**' }),
  keepFor: z.number().nonnegative().optional(),
});

const FOREVER = 'forever';

const FileSchema = z.strictObject({
  rules: z.array(
    z.strictObject({
      repositories: z
        .string()
        .refine(isPattern, { message: 'not a pattern of repositories such as team/**' }),
      keepUntagged: z.string().refine((text) => text === FOREVER || parseDuration(text) !== undefined, {
        message: 'not a duration such as 90d or 12h, nor forever',
      }),
    }),
  ),
});

/**
 * Reads a file of retention rules, YAML or JSON: `rules`, each with `repositories` and `keepUntagged` (`90d`, `forever`).
 * Throws REGISTRY_RETENTION_INVALID; `name` says which file.
 */
export function parseRetention(text: string, name: string): RetentionRule[] {
  const result = FileSchema.safeParse(parseYaml(text, name));
  if (result.success)
    return result.data.rules.map(({ repositories, keepUntagged }) => ({
      repositories,
      keepFor: parseDuration(keepUntagged),
    }));
  throw registryError('REGISTRY_RETENTION_INVALID', { subject: name, detail: z.prettifyError(result.error) });
}

/** How long the rules keep what is untagged in a repository, in milliseconds: the longest counts. Undefined when none is for it. */
export function ruledKeep(rules: readonly RetentionRule[], repository: string): number | undefined {
  const spans = rules
    .filter((rule) => isFor(rule, repository))
    .map(({ keepFor = Number.POSITIVE_INFINITY }) => keepFor);
  return spans.length === 0 ? undefined : Math.max(...spans);
}

function isFor({ repositories }: RetentionRule, repository: string): boolean {
  const pattern = parseRepositoryPattern(repositories);
  return pattern !== undefined && matchesRepository(pattern, repository);
}

function isPattern(text: string): boolean {
  return parseRepositoryPattern(text) !== undefined;
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw registryError('REGISTRY_RETENTION_INVALID', { subject: name, detail: messageOf(cause), cause });
  }
}
