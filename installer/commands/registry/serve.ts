import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Audit } from '../../../registry/audit/audit.ts';
import { auditedReport } from '../../../registry/audit/audited-report.ts';
import { serveJobs } from '../../../registry/jobs/job-server.ts';
import { LastDone } from '../../../registry/jobs/last-done.ts';
import { Metrics } from '../../../registry/metrics/metrics.ts';
import { gatherLines, jsonLog, type Log, quietLog, textLog } from '../../../registry/request-log.ts';
import { serveRegistry } from '../../../registry/serve.ts';
import { BALLAST_BYTES } from '../../../registry/served/ballast.ts';
import { openServedStore } from '../../../registry/served/open.ts';
import { parseListen, parseSize } from '../../cli-options.ts';
import type { Console } from '../../console.ts';
import { installerError } from '../../errors.ts';
import { type AccessCommandOptions, addAccessOptions, openServeAccess } from './serve-access.ts';
import { addGcOptions, checkGcOptions, type ServeGcOptions, startServeGc } from './serve-gc.ts';
import { addScrubOptions, type ScrubCommandOptions, startServeScrub } from './serve-scrub.ts';
import { addTlsOptions, openServeTls, type TlsCommandOptions } from './serve-tls.ts';
import { openBundles } from './served-bundles.ts';
import { storeJobs } from './store-jobs.ts';

interface ServeCommandOptions
  extends AccessCommandOptions,
    TlsCommandOptions,
    ScrubCommandOptions,
    ServeGcOptions {
  readonly bundle?: readonly string[];
  readonly listen: { host: string; port: number };
  readonly requireBlobs?: boolean;
  readonly keepFree?: number;
  readonly logFormat?: 'text' | 'json';
  readonly quiet?: boolean;
}

const DRAIN_MS = 1500;

export function serveCommand(console: Console): Command {
  const command = new Command('serve')
    .description('serve a folder, or a bundle as it is, to any OCI client')
    .option('--store <folder>', 'the folder that keeps everything; made when missing')
    .option(
      '--bundle <file>',
      'a bundle, read in place and never changed; give it again to lay the first over the next',
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .addOption(
      new Option('--listen <address>', 'HOST:PORT or :PORT')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 5000 }, '127.0.0.1:5000'),
    );
  return addGcOptions(addScrubOptions(addTlsOptions(addAccessOptions(command))))
    .option('--require-blobs', 'refuse an image whose layers are not all here, instead of warning')
    .option(
      '--keep-free <size>',
      'what pushes leave free on the disk, e.g. 20Gi (default: 1 % of it, 64Mi to 1Gi)',
      parseSize,
    )
    .addOption(
      new Option('--log-format <format>', 'text on a terminal, json elsewhere').choices(['text', 'json']),
    )
    .option('--quiet', 'no line for each request that went well')
    .addHelpText(
      'after',
      '\nWithout users everyone may push, so it listens on this machine only unless --listen says otherwise.\n\nExamples:\n  skerry registry serve --bundle stick/skerry-0.1.0.bundle.tar --listen :5000\n  skerry registry serve --store /srv/registry --anonymous-pull --listen :5000 --tls-cert tls.crt --tls-key tls.key',
    )
    .action(async (options: ServeCommandOptions) => await serve(console, options));
}

async function serve(console: Console, options: ServeCommandOptions): Promise<void> {
  if ((options.store === undefined) === (options.bundle === undefined)) {
    throw installerError('USAGE', {
      subject: 'skerry registry serve',
      detail: 'give either --store or --bundle',
    });
  }
  checkGcOptions(options);
  const bundles = options.bundle === undefined ? undefined : await openBundles(options.bundle);
  const log = requestLog(console, options);
  let audit: Audit | undefined;
  const report = auditedReport(log, () => audit);
  const folder =
    options.store === undefined
      ? undefined
      : await openServedStore(options.store, { report, ballast: BALLAST_BYTES });
  const store = folder ?? bundles?.store;
  if (store === undefined) throw new Error('neither a folder nor a bundle was opened');
  const { close: closeAccess, auditHead, ...access } = await openServeAccess(options, log);
  audit = access.audit;
  const tls = await openServeTls(options, log);
  const metrics = new Metrics({ process: true });
  if (options.store !== undefined) await rememberJobs(options.store, metrics);
  const served = await serveRegistry({
    store,
    uploads: options.store === undefined ? undefined : join(options.store, '.uploads'),
    ...access,
    log,
    listen: options.listen,
    room: { keepFree: options.keepFree },
    metrics,
    tls: tls.tls,
    requireBlobs: options.requireBlobs,
  });
  tls.follow(served);
  const { readOnly } = options;
  const offered = storeJobs({ env: console.env, metrics, audit, log, readOnly });
  const jobs = folder && (await serveJobs(folder, offered, log));
  const { collection } = metrics.jobs;
  const collecting = folder && startServeGc(folder, options, { log, observer: collection, audit });
  const scrub = folder && startServeScrub(folder, options, { log, observer: metrics.jobs.scrub });
  const { address, port } = served;
  log({ message: 'serving', store: store.name, address, port, auditHead });
  void bundles?.reportHiddenTags(log);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  tls.close();
  await jobs?.close();
  await collecting?.close();
  await scrub?.close();
  await served.close({ drainMs: DRAIN_MS });
  await closeAccess();
  await bundles?.close();
  await folder?.close();
}

async function rememberJobs(folder: string, { jobs }: Metrics): Promise<void> {
  const [collected, scrubbed] = [
    await new LastDone(folder, 'gc').read(),
    await new LastDone(folder, 'scrub').read(),
  ];
  if (collected !== undefined) jobs.collection.remember?.(collected);
  if (scrubbed !== undefined) jobs.scrub.remember?.(scrubbed);
}

function requestLog({ stdout }: Console, { quiet, logFormat }: ServeCommandOptions): Log {
  const asText = logFormat === undefined ? stdout.isTTY === true : logFormat === 'text';
  const writeLine = gatherLines(
    (lines) => stdout.write(lines),
    (flush) => process.once('exit', flush),
  );
  const log = (asText ? textLog : jsonLog)(writeLine);
  return quiet ? quietLog(log) : log;
}
