import type { ReferrerChoice } from '../../content/copy/copy-items.ts';
import type { Job, RepositoryRule, TagRules, VerifyRule } from '../file/job-schema.ts';
import { matchesGlob } from './glob.ts';

/** How the items of a repository arrive: what its own rule says, and else the job. */
export interface ArrivalRule {
  readonly tags: TagRules | undefined;
  readonly platforms: readonly string[] | undefined;
  readonly referrers: ReferrerChoice;
  readonly verify: readonly VerifyRule[];
}

export interface SelectionRule extends ArrivalRule {
  readonly match: string;
  readonly except: readonly string[];
  readonly to: string | undefined;
}

/** The rules for the repositories of a job, each with what the job says of all. */
export function selectionRules(job: Job): SelectionRule[] {
  const written = job.repositories ?? (job.images.length + job.charts.length === 0 ? ['**'] : []);
  return written.map((rule) => {
    const own: RepositoryRule = typeof rule === 'string' ? { match: rule, except: [] } : rule;
    return { match: own.match, except: own.except, to: own.to, ...arrivalOf(own, job) };
  });
}

/** The first rule that a repository fits. */
export function ruleFor(rules: readonly SelectionRule[], repository: string): SelectionRule | undefined {
  return rules.find(
    ({ match, except }) =>
      matchesGlob(match, repository) && !except.some((glob) => matchesGlob(glob, repository)),
  );
}

/** What a job says of its own images and charts. */
export function arrivalOfJob(job: Job): ArrivalRule {
  return arrivalOf({}, job);
}

type Said = Pick<Partial<Job>, 'tags' | 'platforms' | 'referrers' | 'verify'>;

function arrivalOf(own: Said, job: Said): ArrivalRule {
  return {
    tags: own.tags ?? job.tags,
    platforms: own.platforms ?? job.platforms,
    referrers: own.referrers ?? job.referrers ?? 'all',
    verify: own.verify ?? job.verify ?? [],
  };
}

/** The name at the target: the longest prefix that fits is replaced. */
export function renamed(name: string, renames: Job['rename']): string {
  const fitting = renames.filter(({ prefix }) => name.startsWith(prefix));
  const [longest] = fitting.toSorted((a, b) => b.prefix.length - a.prefix.length);
  return longest === undefined ? name : `${longest.to}${name.slice(longest.prefix.length)}`;
}
