import { z } from 'zod';
import { HashThreads } from '../../content/bytes/hash/hash-threads.ts';
import type { Digest } from '../../content/digest.ts';
import type { Store } from '../../content/store.ts';
import type { Audit } from '../audit/audit.ts';
import { recordWork } from '../audit/record-work.ts';
import { registryError } from '../errors.ts';
import type { JobTime } from '../jobs/job-time.ts';
import { LastDone } from '../jobs/last-done.ts';
import type { StoreJob } from '../jobs/store-job.ts';
import type { ScrubObserver } from '../metrics/job-metrics.ts';
import { affectedImages } from '../store/manifests/affected-images.ts';
import type { ServedStore } from '../store/served-store.ts';
import { hashingFailed } from '../uploads/upload-hash.ts';
import { type CheckEvent, CheckEventSchema, type Damage } from './check-event.ts';
import { CheckRound } from './check-round.ts';
import { compareLog, mendLog } from './compare-log.ts';
import { DueFiles } from './due-files.ts';
import { orphanFiles, quarantinedFiles } from './garbage.ts';
import { type MissingContent, missingContent } from './missing-content.ts';
import { observe } from './observe.ts';
import { Pace } from './pace.ts';
import { repair, type Silent } from './repair.ts';
import { scanFiles } from './scan.ts';

const RepairSourceSchema = z.object({
  /** The address of a registry, or an absolute path as the process that runs the job sees it. */
  location: z.string().min(1),
  /** Files with a login for it. The login itself is never in an input. */
  usernameFile: z.string().optional(),
  passwordFile: z.string().optional(),
  /** Variables that say where the caller keeps logins, such as DOCKER_CONFIG. */
  loginPlaces: z.record(z.string(), z.string()).optional(),
});
export type RepairSource = z.infer<typeof RepairSourceSchema>;

const CheckInputSchema = z.object({
  /** Bytes per second; as fast as it goes when absent. */
  rate: z.number().positive().optional(),
  /** Starts over even where an earlier check did not come to its end. */
  all: z.boolean(),
  repairFrom: z.array(RepairSourceSchema).max(100),
  /** Who wants it, for the audit log. */
  by: z.string().max(200).optional(),
});
export type CheckInput = z.infer<typeof CheckInputSchema>;

/** A store to repair from. */
export interface OpenedSource {
  readonly store: Store;
  close(): Promise<void>;
}

export interface CheckJobOptions {
  /** Opens a source in the process that runs the job. Throws when there is nothing, or nothing that it may read. */
  readonly openSource: (source: RepairSource) => Promise<OpenedSource>;
  readonly observer?: ScrubObserver | undefined;
  /** Where repairs are written down. */
  readonly audit?: Audit | undefined;
  /** The registry changes nothing: it looks, and repairs nothing. Rotten files are put aside all the same. */
  readonly readOnly?: boolean | undefined;
  readonly time?: JobTime | undefined;
}

/** Progress is reported no more often than this, in milliseconds. */
const TELL_MS = 250;

/** `skerry registry check`: reads everything that a store holds, says what is damaged and what that hurts, and repairs it. */
export function checkJob(options: CheckJobOptions): StoreJob<CheckInput, CheckEvent> {
  return {
    name: 'check',
    input: CheckInputSchema,
    event: CheckEventSchema,
    run: (store, input, signal) => check(store, input, { ...options, signal }),
  };
}

async function* check(
  store: ServedStore,
  input: CheckInput,
  { openSource, observer, audit, readOnly, time, signal }: CheckJobOptions & { signal: AbortSignal },
): AsyncGenerator<CheckEvent> {
  if (readOnly && input.repairFrom.length > 0)
    throw registryError('REGISTRY_READ_ONLY', { subject: 'check --repair-from' });
  // Before hours of reading: what can't be opened now can't be opened then.
  await using sources = await openSources(input.repairFrom, openSource);
  await using threads = new HashThreads({ most: 1, failed: hashingFailed });
  const told = new Set<Digest>();
  const { relearnt, ...checked } = yield* readFiles(store, input, {
    pace: new Pace(input.rate, time),
    threads,
    observer,
    signal,
    told,
  });
  yield { type: 'progress', ...checked, doing: 'looking for what is missing' };
  const left = yield* findMissing(store, sources.stores, { told, observer, audit, by: input.by, signal });
  yield { type: 'progress', ...checked, doing: 'comparing the log with the index' };
  yield* compareRecords(store, relearnt, signal);
  yield { type: 'progress', ...checked, doing: 'looking for garbage' };
  const orphans = await orphanFiles(store, signal);
  const quarantine = await quarantinedFiles(store.folder, signal);
  yield { type: 'done', checked, orphans, quarantine, ...left };
}

interface Reading {
  readonly pace: Pace;
  readonly threads: HashThreads;
  readonly observer: ScrubObserver | undefined;
  readonly signal: AbortSignal;
  /** What was reported already. */
  readonly told: Set<Digest>;
}

async function* readFiles(
  store: ServedStore,
  { all }: CheckInput,
  { pace, threads, observer, signal, told }: Reading,
): AsyncGenerator<CheckEvent, { files: number; bytes: number; relearnt: number }> {
  const files = new DueFiles(store.index);
  const round = new CheckRound(store.folder);
  const now = store.clock();
  files.forgetFuture(now);
  const unfinished = all ? undefined : await round.begun();
  const since = Math.min(unfinished ?? now, now);
  if (unfinished === undefined) await round.begin(since);
  const due = { since, upTo: files.newest() };
  yield { type: 'begun', ...(await files.sum(due)), since, resumed: unfinished !== undefined };
  const done = { files: 0, bytes: 0 };
  let relearnt = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  for await (const step of scanFiles(store, files, { due, pace, threads, signal })) {
    if (observer !== undefined) observe(step, observer);
    if (step.is === 'read') done.bytes += step.bytes;
    else done.files++;
    if (step.is === 'sound' && step.relearnt) relearnt++;
    if (step.is === 'damaged') {
      const { file, problem, detail } = step;
      told.add(file.digest);
      const kind = file.mediaType === null ? 'blob' : 'manifest';
      yield { type: 'damage', damage: await damageOf(store, { problem, kind, digest: file.digest, detail }) };
    }
    if (performance.now() - saidAt < TELL_MS) continue;
    saidAt = performance.now();
    yield { type: 'progress', ...done, doing: 'reading' };
  }
  await round.end();
  observer?.finished();
  await new LastDone(store.folder, 'scrub').note(store.clock());
  return { ...done, relearnt };
}

/** Where repairs are written down, and as whose. */
interface Writing {
  readonly audit: Audit | undefined;
  readonly by: string | undefined;
}

async function* findMissing(
  store: ServedStore,
  sources: readonly Store[],
  { told, observer, audit, by, signal }: Pick<Reading, 'told' | 'observer' | 'signal'> & Writing,
): AsyncGenerator<CheckEvent, { missing: number; incomplete: number }> {
  const left = { missing: 0, incomplete: 0 };
  const silent: Silent = new Set();
  for await (const missing of missingContent(store.index.database, signal)) {
    const { problem, kind, digest } = missing;
    if (!told.has(digest)) yield { type: 'damage', damage: await damageOf(store, { problem, kind, digest }) };
    told.add(digest);
    const repaired = yield* tryRepair(store, missing, { sources, silent, audit, by, signal });
    if (repaired) observer?.repaired();
    else left[problem]++;
  }
  return left;
}

async function* tryRepair(
  store: ServedStore,
  missing: MissingContent,
  { audit, by, ...from }: { sources: readonly Store[]; silent: Silent; signal: AbortSignal } & Writing,
): AsyncGenerator<CheckEvent, boolean> {
  if (from.sources.length === 0) return false;
  const { digest, repositories } = missing;
  const done = await repair(store, missing, from);
  if (done.from !== undefined) {
    const what = { repository: repositories[0], digest, from: done.from.slice(0, 1000) };
    await recordWork(audit, store.name, [{ action: 'repair', result: 'done', by, ...what }]);
  }
  if (done.from === undefined) yield { type: 'unrepaired', digest, tried: [...done.tried] };
  else yield { type: 'repaired', digest, from: done.from };
  return done.from !== undefined;
}

async function* compareRecords(
  store: ServedStore,
  relearnt: number,
  signal: AbortSignal,
): AsyncGenerator<CheckEvent> {
  const mended =
    relearnt === 0
      ? []
      : [`what ${relearnt} manifests hold on to was wrong in the index and was read from them anew`];
  const result = await compareLog(store, signal);
  if (result.is === 'different')
    return yield { type: 'records', records: 'different', detail: [...mended, result.detail].join('; ') };
  if (result.is === 'damaged') {
    const copy = await mendLog(store);
    mended.push(
      `${result.lines} lines of the log were damaged; it was written anew from the index, and the damaged one is kept as ${copy}`,
    );
  }
  if (mended.length === 0) yield { type: 'records', records: 'equal' };
  else yield { type: 'records', records: 'mended', detail: mended.join('; ') };
}

async function damageOf(
  store: Pick<ServedStore, 'index' | 'files'>,
  damage: Pick<Damage, 'problem' | 'kind' | 'digest' | 'detail'>,
): Promise<Damage> {
  const { images, more } = await affectedImages(store, damage.digest);
  return { ...damage, hurts: [...images], more };
}

async function openSources(
  wanted: readonly RepairSource[],
  open: CheckJobOptions['openSource'],
): Promise<{ stores: Store[] } & AsyncDisposable> {
  const opened: OpenedSource[] = [];
  const dispose = async () => {
    for (const source of opened) await source.close();
  };
  try {
    for (const each of wanted) opened.push(await open(each));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { stores: opened.map(({ store }) => store), [Symbol.asyncDispose]: dispose };
}
