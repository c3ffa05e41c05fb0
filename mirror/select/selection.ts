import type { MirrorItem } from '../../content/copy/copy-items.ts';
import { isSkerryError, messageOf, type SkerryError } from '../../content/error.ts';
import { mapLimited, streamLimited } from '../../content/limit.ts';
import { NAME_GRAMMAR } from '../../content/reference.ts';
import type { CallOptions, Store } from '../../content/store.ts';
import { mirrorError } from '../errors.ts';
import type { Job } from '../file/job-schema.ts';
import { createdAt } from './created.ts';
import { isPattern } from './glob.ts';
import { namesOf } from './pages.ts';
import { type ArrivalRule, renamed, ruleFor, type SelectionRule, selectionRules } from './rules.ts';
import { namesAll, newestCreated, selectTags } from './tags.ts';

/** What a job takes of one repository. */
export interface Selection {
  readonly repository: string;
  /** Its name at the target; undefined where an error has left that unknown. */
  readonly target: string | undefined;
  readonly rule: ArrivalRule;
  readonly items: readonly MirrorItem[];
  /** Why nothing is known of it; then it has no items. */
  readonly error?: SkerryError | undefined;
}

/** Repositories whose tags are asked for ahead of what is being compared. */
const AHEAD = 4;
const CREATED_WIDTH = 8;

/**
 * What a job takes of the repositories of its source, in no order. A repository that can't be listed is one
 * with an error; a list of all repositories that can't be had is thrown.
 */
export async function* selectRepositories(
  job: Job,
  source: Store,
  options: CallOptions,
): AsyncGenerator<Selection> {
  const select = async ({ repository, rule, named, error }: FoundRepository): Promise<Selection> => {
    if (error !== undefined) return { repository, target: undefined, rule, items: [], error };
    const selection = { repository, target: rule.to ?? renamed(repository, job.rename), rule };
    try {
      if (!NAME_GRAMMAR.test(selection.target)) throw noName(job, selection.target);
      const items = await itemsOf(source, selection, options);
      if (items.length === 0 && named) throw nothingIn(job, repository, source);
      return { ...selection, items };
    } catch (thrown) {
      options.signal?.throwIfAborted();
      return { ...selection, items: [], error: failureOf(thrown, repository) };
    }
  };
  yield* streamLimited(repositoriesOf(job, source, options), AHEAD, select, options.signal);
}

/** Whatever was thrown as an error with a code. */
export function failureOf(thrown: unknown, subject: string): SkerryError {
  if (isSkerryError(thrown)) return thrown;
  return mirrorError('MIRROR_UNREACHABLE', { subject, detail: messageOf(thrown), cause: thrown });
}

interface FoundRepository {
  readonly repository: string;
  readonly rule: SelectionRule;
  /** The job names it itself. */
  readonly named: boolean;
  /** It stands for a list that can't be right. */
  readonly error?: SkerryError | undefined;
}

async function* repositoriesOf(
  job: Job,
  source: Store,
  options: CallOptions,
): AsyncGenerator<FoundRepository> {
  const rules = selectionRules(job);
  const seen = new Set<string>();
  for (const { match: repository } of rules) {
    if (isPattern(repository) || seen.has(repository)) continue;
    const rule = ruleFor(rules, repository);
    if (rule === undefined) continue;
    seen.add(repository);
    yield { repository, rule, named: true };
  }
  const pattern = rules.find(({ match }) => isPattern(match));
  if (pattern === undefined) return;
  let isEmpty = true;
  for await (const repository of namesOf((page) => source.listRepositories(page), options.signal)) {
    isEmpty = false;
    const rule = seen.has(repository) ? undefined : ruleFor(rules, repository);
    if (rule === undefined) continue;
    seen.add(repository);
    yield { repository, rule, named: false };
  }
  // What a job names beside it is taken all the same; what else it wants is not known.
  if (!isEmpty || seen.size === 0) return;
  const { match: repository } = pattern;
  yield { repository, rule: pattern, named: false, error: noList(job, source) };
}

async function itemsOf(
  source: Store,
  { repository, target, rule }: { repository: string; target: string; rule: ArrivalRule },
  options: CallOptions,
): Promise<MirrorItem[]> {
  const tags = await tagsOf(source, repository, rule, options);
  const references = [...tags, ...(rule.tags?.digests ?? [])];
  return references.map((reference) => ({
    repository,
    reference,
    referrers: rule.referrers,
    ...(rule.platforms === undefined ? {} : { platforms: rule.platforms }),
    ...(target === repository ? {} : { to: { repository: target, reference } }),
  }));
}

async function tagsOf(
  source: Store,
  repository: string,
  { tags: rules }: ArrivalRule,
  options: CallOptions,
): Promise<readonly string[]> {
  if (namesAll(rules)) return selectTags([], rules);
  const listed = await Array.fromAsync(namesOf((page) => source.listTags(repository, page), options.signal));
  const selected = selectTags(listed, rules);
  if (rules?.newest?.by !== 'created') return selected;
  const named = new Set(rules.names ?? []);
  const candidates = selected.filter((tag) => !named.has(tag));
  const dated = await mapLimited(candidates, CREATED_WIDTH, (tag) =>
    dateTag(source, repository, tag, options),
  );
  options.signal?.throwIfAborted();
  const unread = dated.filter(({ failed }) => failed).map(({ tag }) => tag);
  const newest = newestCreated(
    dated.filter(({ failed }) => !failed),
    rules.newest.count,
  );
  return [...named, ...newest, ...unread];
}

// One whose date can't be read stays selected, so that its failure is seen rather than an image missed.
async function dateTag(source: Store, repository: string, tag: string, options: CallOptions) {
  try {
    return { tag, created: await createdAt(source, repository, tag, options), failed: false };
  } catch {
    return { tag, created: undefined, failed: true };
  }
}

function nothingIn(job: Job, repository: string, source: Store) {
  return mirrorError('MIRROR_NOTHING_SELECTED', {
    subject: `job ${job.name}`,
    detail: `${repository} in ${source.name} has none of the tags that are wanted`,
  });
}

function noList(job: Job, source: Store) {
  return mirrorError('MIRROR_NOTHING_SELECTED', {
    subject: `job ${job.name}`,
    detail: `${source.name} lists no repository at all`,
  });
}

function noName(job: Job, target: string) {
  return mirrorError('MIRROR_INVALID', {
    subject: `job ${job.name}`,
    detail: `rename makes ${target}, which is no name of a repository`,
  });
}
