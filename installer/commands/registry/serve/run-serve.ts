import { join } from 'node:path';
import type { Command } from 'commander';
import type { Audit } from '../../../../registry/audit/audit.ts';
import { auditedReport } from '../../../../registry/audit/audited-report.ts';
import { serveJobs } from '../../../../registry/jobs/job-server.ts';
import { LastDone } from '../../../../registry/jobs/last-done.ts';
import type { Log } from '../../../../registry/log.ts';
import { Metrics } from '../../../../registry/metrics/metrics.ts';
import { StorageReports } from '../../../../registry/report/storage-reports.ts';
import { serveRegistry } from '../../../../registry/server/serve.ts';
import { BALLAST_BYTES } from '../../../../registry/store/files/ballast.ts';
import { openServedStore } from '../../../../registry/store/open.ts';
import type { ServedStore } from '../../../../registry/store/served-store.ts';
import type { Console } from '../../../terminal/console.ts';
import { storeJobs } from '../store-jobs.ts';
import { type OpensTo, openServeAccess } from './serve-access.ts';
import { checkServeOptions } from './serve-checks.ts';
import { startServeGc } from './serve-gc.ts';
import { serveLog } from './serve-log.ts';
import type { ServeCommandOptions } from './serve-options.ts';
import { startServeScrub } from './serve-scrub.ts';
import { openServeTls } from './serve-tls.ts';
import { openBundles, type ServedBundles } from './served-bundles.ts';
import { untilStopped } from './until-stopped.ts';

const DRAIN_MS = 1500;

/** Throws USAGE for options that do not go together; what is wrong with what they name is told by its parts. */
export async function runServe(
  console: Console,
  command: Command,
  options: ServeCommandOptions,
): Promise<void> {
  checkServeOptions(command, options);
  const log = serveLog(console, options);
  await serve(options, log, console.env);
  log({ message: 'stopped' });
}

/** Serves until it is told to stop. What was opened is closed in the end, also when a later step fails. */
async function serve(options: ServeCommandOptions, log: Log, env: NodeJS.ProcessEnv): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let audit: Audit | undefined;
  const report = auditedReport(log, () => audit);
  const { bundles, folder } = await openContent(options, report, opened);
  const store = folder ?? bundles?.store;
  if (store === undefined) throw new Error('neither a folder nor a bundle was opened');
  const { close: closeAccess, opensTo, auditHead, ...access } = await openServeAccess(options, log);
  opened.defer(closeAccess);
  audit = access.audit;
  const tls = await openServeTls(options, log);
  opened.defer(tls.close);
  const metrics = new Metrics({ process: true });
  if (options.store !== undefined) await rememberJobs(options.store, metrics);
  const storage = folder && new StorageReports(folder, { gcEvery: everyOf(options.gcEvery) });
  opened.defer(async () => await storage?.close());
  const served = await serveRegistry({
    store,
    uploads: options.store === undefined ? undefined : join(options.store, '.uploads'),
    ...access,
    log,
    listen: options.listen,
    diskSpace: { keepFree: options.keepFree },
    metrics,
    storage,
    tls: tls.tls,
    requireBlobs: options.requireBlobs,
  });
  opened.defer(() => served.close({ drainMs: DRAIN_MS }));
  tls.follow(served);
  if (folder !== undefined) await startJobs(folder, options, { env, log, metrics, audit, opened });
  const { address, port } = served;
  log({
    ...servingOf(options, opensTo, address),
    store: store.name,
    address,
    port,
    tls: tls.tls !== undefined,
    auditHead,
  });
  void bundles?.reportHiddenTags(log);
  await untilStopped();
}

function everyOf(gcEvery: ServeCommandOptions['gcEvery']): number | undefined {
  return gcEvery === 'off' ? undefined : gcEvery;
}

async function openContent(
  { store, bundle }: ServeCommandOptions,
  report: Log,
  opened: AsyncDisposableStack,
): Promise<{ bundles?: ServedBundles; folder?: ServedStore }> {
  if (bundle !== undefined) {
    const bundles = await openBundles(bundle);
    opened.defer(bundles.close);
    return { bundles };
  }
  if (store === undefined) return {};
  const folder = await openServedStore(store, { report, ballast: BALLAST_BYTES });
  opened.defer(() => folder.close());
  return { folder };
}

async function startJobs(
  folder: ServedStore,
  options: ServeCommandOptions,
  {
    env,
    log,
    metrics,
    audit,
    opened,
  }: {
    env: NodeJS.ProcessEnv;
    log: Log;
    metrics: Metrics;
    audit: Audit | undefined;
    opened: AsyncDisposableStack;
  },
): Promise<void> {
  const { readOnly } = options;
  const jobs = await serveJobs(folder, storeJobs({ env, metrics, audit, log, readOnly }), log);
  opened.defer(jobs.close);
  const collecting = startServeGc(folder, options, { log, observer: metrics.jobs.collection, audit });
  opened.defer(async () => await collecting?.close());
  const scrub = startServeScrub(folder, options, { log, observer: metrics.jobs.scrub });
  opened.defer(async () => await scrub?.close());
}

/** How the registry is open, for who reads the log: to whom, and for what. */
function servingOf(
  { store, anonymousPull = false, readOnly = false }: ServeCommandOptions,
  access: OpensTo,
  address: string,
) {
  const isOpen = access === 'open';
  const takesPushes = store !== undefined && !readOnly;
  const exposed = isOpen && takesPushes && !isLoopback(address);
  return {
    level: exposed || access === 'nobody' ? 'warn' : 'info',
    message: 'serving',
    access,
    anonymousPull: isOpen || anonymousPull,
    readOnly: !takesPushes,
    ...(exposed && { warning: 'everybody who can reach this address may push and delete; add users' }),
    ...(access === 'nobody' && { warning: 'there are no users, so every login is refused; add users' }),
  };
}

function isLoopback(address: string): boolean {
  return /^(?:127\.|::1$|::ffff:127\.)/i.test(address);
}

async function rememberJobs(folder: string, { jobs }: Metrics): Promise<void> {
  const [collected, scrubbed] = [
    await new LastDone(folder, 'gc').read(),
    await new LastDone(folder, 'scrub').read(),
  ];
  if (collected !== undefined) jobs.collection.remember?.(collected);
  if (scrubbed !== undefined) jobs.scrub.remember?.(scrubbed);
}
