import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../../../content/error.ts';
import { deferredAudit } from '../../../registry/audit/deferred-audit.ts';
import { registryError } from '../../../registry/errors.ts';
import type { GcOptions } from '../../../registry/gc/collect.ts';
import { parseDuration } from '../../../registry/gc/duration.ts';
import type { GcEvent } from '../../../registry/gc/gc-event.ts';
import { gcJob } from '../../../registry/gc/gc-job.ts';
import { DEFAULT_KEEP_UNTAGGED } from '../../../registry/gc/plan/policy.ts';
import { parseRetention } from '../../../registry/gc/plan/retention.ts';
import { parseRootList } from '../../../registry/gc/plan/root-list.ts';
import { runJob } from '../../../registry/jobs/job-client.ts';
import { collect, globalOptions } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { localUser } from '../../terminal/local-user.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import { doneText, GcReport } from './gc-report.ts';
import { auditFileOf } from './store-files.ts';
import { addStoreOption, type StoreOption, storeOf } from './store-option.ts';

interface GcCommandOptions extends StoreOption {
  readonly plan?: boolean;
  readonly keepUntagged: number;
  readonly retain?: string;
  readonly roots?: readonly string[];
  readonly quarantine?: boolean;
}

export function gcCommand(console: Console): Command {
  const command = new Command('gc');
  return addStoreOption(command)
    .option('--plan', 'say what would go and how many bytes come back, and do nothing')
    .addOption(
      new Option(
        '--keep-untagged <duration>',
        'how long to keep what lost its tag to another, e.g. 12h, 30d, 0',
      )
        .argParser(parseDurationOption)
        .default(DEFAULT_KEEP_UNTAGGED, '7d'),
    )
    .option('--retain <file>', 'rules that keep longer what has no tag, in YAML or JSON')
    .option(
      '--roots <file>',
      'what must stay whatever its tags say, one REPOSITORY@DIGEST, REPOSITORY:TAG or digest a line; may be given again',
      collect,
    )
    .option('--quarantine', 'quarantined (corrupt) files go as well')
    .addHelpText(
      'after',
      '\nTags, indexes, subjects, referrers, roots, rules and pushes that go on are honoured. It may be interrupted at any time.\n\nExamples:\n  skerry registry gc --store /srv/registry --plan\n  skerry registry gc --store /srv/registry --keep-untagged 30d --roots running-images.txt',
    )
    .action(async (options: GcCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => gc(console, options, { output, signal }),
        (error) => reportError(console, output, error),
      );
    });
}

/** An option's duration in milliseconds. */
function parseDurationOption(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new InvalidArgumentError('a duration such as 90s, 30m, 12h, 7d or 2w');
  return duration;
}

async function gc(
  console: Console,
  options: GcCommandOptions,
  { output, signal }: { readonly output: OutputFormat; readonly signal: AbortSignal },
): Promise<void> {
  const folder = storeOf(options, console.env);
  const input = { ...(await readInput(options)), by: localUser(console.env) };
  // For when no registry has the store open, which would write it down itself.
  const audit = deferredAudit(auditFileOf(folder));
  const events = runJob(folder, gcJob({ audit }), input, signal);
  const report = new GcReport(Date.now());
  const look = async () => {
    while (report.planned === undefined && (await next(events, report)) !== undefined);
    const { manifests = 0, blobs = 0 } = report.planned ?? {};
    return `${manifests} manifests, ${blobs} blobs`;
  };
  await runSteps(console, output, [{ title: `Look for garbage in ${folder}`, run: look }]);
  if (output === 'text') console.stdout.write(`${report.planText()}\n`);
  try {
    if (!input.plan) await carryOut(console, { output, events, report });
  } finally {
    await events.return(undefined);
    await audit.close();
    if (output === 'json') print(console, output, report.toJson(), () => '');
  }
}

async function readInput(options: GcCommandOptions): Promise<GcOptions> {
  const { plan = false, quarantine = false, keepUntagged, retain, roots = [] } = options;
  const lists = await Promise.all(
    roots.map(async (path) => parseRootList(await read(path, 'REGISTRY_ROOTS_INVALID'), path)),
  );
  const rules =
    retain === undefined ? [] : parseRetention(await read(retain, 'REGISTRY_RETENTION_INVALID'), retain);
  return { plan, quarantine, keepUntagged, rules, roots: lists.flat() };
}

async function read(
  path: string,
  code: 'REGISTRY_ROOTS_INVALID' | 'REGISTRY_RETENTION_INVALID',
): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw registryError(code, { subject: path, detail: messageOf(cause), cause });
  }
}

async function carryOut(
  console: Console,
  { output, events, report }: { output: OutputFormat; events: AsyncGenerator<GcEvent>; report: GcReport },
): Promise<void> {
  const total = formatBytes(report.planned?.bytes ?? 0);
  const run = async (say: (text: string) => void) => {
    for (;;) {
      const event = await next(events, report);
      if (event === undefined) break;
      if (event.type === 'progress') say(`${formatBytes(event.bytes)} of ${total}`);
    }
    return `${formatBytes(report.done?.bytes ?? 0)} freed`;
  };
  await runSteps(console, output, [{ title: 'Collect', run }]);
  const { done } = report;
  if (output === 'json' || done === undefined) return;
  const { log, logFailure } = done;
  if (log !== undefined)
    console.stdout.write(`log rewritten, ${formatBytes(log.before)} before, ${formatBytes(log.after)} now\n`);
  if (logFailure !== undefined) console.stdout.write(`log not rewritten: ${logFailure}\n`);
  console.stdout.write(`${doneText(done)}\n`);
}

async function next(events: AsyncGenerator<GcEvent>, report: GcReport): Promise<GcEvent | undefined> {
  const step = await events.next();
  if (step.done === true) return undefined;
  report.add(step.value);
  return step.value;
}
