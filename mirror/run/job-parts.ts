import { type ChartContents, chartContents } from '../../bundle/charts/chart-contents.ts';
import { type ReleaseFile, ReleaseSchema } from '../../bundle/release.ts';
import { openSources, type Sources } from '../../bundle/sources.ts';
import type { MirrorItem } from '../../content/copy/copy-items.ts';
import type { Digest } from '../../content/digest.ts';
import type { SkerryError } from '../../content/error.ts';
import { contentError } from '../../content/errors.ts';
import { NAME_GRAMMAR, parseReference, TAG_GRAMMAR, tagOrDigest } from '../../content/reference.ts';
import type { Store, TagOrDigest } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { mirrorError } from '../errors.ts';
import type { Job } from '../file/job-schema.ts';
import { type ArrivalRule, arrivalOfJob, renamed, selectionRules } from '../select/rules.ts';
import { failureOf, type Selection, selectRepositories } from '../select/selection.ts';
import type { MirrorContext } from './context.ts';
import type { JobRun } from './selected-items.ts';

/** Items of a job that come from one store. */
export interface JobPart {
  readonly source: Store;
  readonly selections: AsyncIterable<Selection>;
  close(): Promise<void>;
}

/** Opens what a job takes: repositories of one source, and images and charts from wherever they are. */
export async function* openParts(run: JobRun, context: MirrorContext): AsyncGenerator<JobPart> {
  const { job } = run;
  const { from } = job;
  const openers = [
    ...(selectionRules(job).length > 0 && from !== undefined
      ? [() => repositoriesPart(job, from, context)]
      : []),
    ...(job.images.length + job.charts.length > 0 ? [() => imagesPart(job, context)] : []),
  ];
  for (const open of openers) {
    const part = await attemptPart(run, context, open);
    if (part !== undefined) yield part;
  }
}

/** A part that can't go on is in the tally and stops no other; then it is not known all that the job wants. */
export async function attemptPart<T>(
  { job, tally, wanted }: JobRun,
  { signal }: MirrorContext,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    signal?.throwIfAborted();
    wanted.giveUp();
    tally.ended(failureOf(thrown, `job ${job.name}`));
    return undefined;
  }
}

async function repositoriesPart(
  job: Job,
  from: string,
  { file, locations, signal }: MirrorContext,
): Promise<JobPart> {
  const location = /^https?:\/\//.test(from) ? from : file.resolve(from);
  const { store, close } = await locations.source(location);
  return { source: store, selections: selectRepositories(job, store, { signal }), close };
}

async function imagesPart(job: Job, context: MirrorContext): Promise<JobPart> {
  const made = new MemoryStore('charts of the mirror');
  const { locations } = context;
  const sources = await openSources(releaseOf(job, undefined, context), made, {
    openHost: (host, more) => locations.host(host, more),
  });
  return {
    source: sources,
    selections: selectSingles(job, context, { sources, made }),
    close: () => sources.close(),
  };
}

interface Taken {
  readonly sources: Sources;
  /** Takes charts that no registry has. */
  readonly made: MemoryStore;
}

async function* selectSingles(job: Job, context: MirrorContext, taken: Taken): AsyncGenerator<Selection> {
  const rule = arrivalOfJob(job);
  for (const written of job.images) {
    const { image, to } = typeof written === 'string' ? { image: written, to: undefined } : written;
    const reference = parseReference(image);
    const repository = taken.sources.add(reference);
    const wanted = tagOrDigest(reference);
    // A tag beside a digest is its name at the target.
    const target = targetOf(job, repository, reference.tag ?? wanted, to);
    yield selectionOf(rule, { repository, reference: wanted, to: target });
  }
  const seen = new Map<string, Digest>();
  for (const chart of job.charts) {
    try {
      const { items, missing } = await contentsOf(job, chart, context, taken);
      for (const item of unseen(items, seen)) {
        const target = targetOf(job, item.repository, item.reference, undefined);
        yield selectionOf(rule, { ...item, to: target });
      }
      for (const { reference, reason, places } of missing) {
        const detail = `${reason ?? 'not there'}; ${places[0]?.where ?? chart.chart} names it`;
        yield failedSelection(
          rule,
          reference,
          contentError('CONTENT_NOT_FOUND', { subject: reference, detail }),
        );
      }
    } catch (thrown) {
      context.signal?.throwIfAborted();
      yield failedSelection(rule, chart.chart, failureOf(thrown, chart.chart));
    }
  }
}

/**
 * What no chart before has brought. Two may pin one tag to different digests: the second brings its own by digest, as it
 * is also asked for.
 */
export function* unseen(
  items: ChartContents['items'],
  seen: Map<string, Digest>,
): Generator<{ repository: string; reference: TagOrDigest; digest: Digest }> {
  for (const { repository, tag, digest } of items) {
    const known = seen.get(`${repository}:${tag}`);
    const reference = known === undefined ? tag : digest;
    const name = `${repository}:${reference}`;
    if (known === digest || seen.has(name)) continue;
    seen.set(name, digest);
    yield { repository, reference, digest };
  }
}

function selectionOf(
  rule: ArrivalRule,
  { to, ...item }: MirrorItem & { to: { repository: string; reference: string } },
): Selection {
  const { platforms, referrers } = rule;
  const arriving = { ...item, to, referrers, ...(platforms === undefined ? {} : { platforms }) };
  return { repository: item.repository, target: to.repository, rule, items: [arriving] };
}

// What it would have brought, and to which repositories, is not known.
function failedSelection(rule: ArrivalRule, name: string, error: SkerryError): Selection {
  return { repository: name, target: undefined, rule, items: [], error };
}

// Each chart by itself: one that can't be rendered stops no other.
async function contentsOf(
  job: Job,
  chart: Job['charts'][number],
  context: MirrorContext,
  { sources, made }: Taken,
): Promise<ChartContents> {
  const { charts: openTools, signal } = context;
  return await chartContents(releaseOf(job, chart, context), sources, {
    ...(await openTools()),
    made,
    signal,
  });
}

// Discovery is that of releases: it is given one that has the chart for its component.
function releaseOf(
  { kubernetes }: Job,
  chart: Job['charts'][number] | undefined,
  { file }: MirrorContext,
): ReleaseFile {
  const release = ReleaseSchema.parse({
    apiVersion: 'skerry.dev/v1',
    kind: 'Release',
    name: file.mirror.name,
    version: '0.0.0',
    kubernetes,
    sources: file.mirror.sources,
    registry: { component: 'chart' },
    components: [{ ...(chart ?? { chart: 'none', namespace: 'default' }), name: 'chart' }],
  });
  return { release, path: file.path, resolve: file.resolve };
}

function targetOf(job: Job, repository: string, reference: string, to: string | undefined) {
  const [own, tag] = to?.split(':') ?? [];
  const target = { repository: own ?? renamed(repository, job.rename), reference: tag ?? reference };
  if (NAME_GRAMMAR.test(target.repository) && (tag === undefined || TAG_GRAMMAR.test(tag))) return target;
  throw mirrorError('MIRROR_INVALID', {
    subject: `job ${job.name}`,
    detail: `${target.repository}:${target.reference} is no name at the target`,
  });
}
