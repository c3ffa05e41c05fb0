import { Command, Option } from 'commander';
import type { CopyProgress } from '../../../content/copy/copy-counter.ts';
import type { SkerryError } from '../../../content/error.ts';
import { mirrorError } from '../../../mirror/errors.ts';
import { type MirrorFile, readMirrorFile } from '../../../mirror/file/mirror-file.ts';
import type { JobResult } from '../../../mirror/run/job-result.ts';
import { runMirror } from '../../../mirror/run/run-mirror.ts';
import { verdictOf } from '../../../mirror/run/verdict.ts';
import { failureOf } from '../../../mirror/select/selection.ts';
import { summaryOf } from '../../../mirror/service/run-summary.ts';
import { Schedule } from '../../../mirror/service/schedule.ts';
import { readState, withRun, writeState } from '../../../mirror/service/state-file.ts';
import { tellWaits } from '../../copy/registry-waits.ts';
import { installerError } from '../../errors.ts';
import { globalOptions, parseListen } from '../../terminal/cli-options.ts';
import { type Console, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import { takeRunLock } from './run-lock.ts';
import { describeRun } from './run-report.ts';
import { type RunServiceOptions, runService } from './run-service.ts';
import { addStateOption, parseAge, parseSpan, type StateOption, statePathOf } from './state-option.ts';
import { withContext } from './with-mirror.ts';

interface RunCommandOptions extends StateOption, Partial<RunServiceOptions> {
  readonly helm?: string;
  readonly every?: string;
  readonly timeZone: string;
}

export function runMirrorCommand(console: Console): Command {
  const command = new Command('run')
    .description('copy what is missing or has moved, and delete what the file asks to delete')
    .argument('<file>', 'a mirror.yaml')
    .option('--helm <file>', 'the helm program that renders charts')
    .option('--every <cron>', 'keep running, and run whenever this expression says, e.g. "0 2 * * *"')
    .option('--time-zone <zone>', 'of the expression, e.g. Europe/Oslo', 'UTC')
    .addOption(
      new Option('--spread <duration>', 'runs begin by up to so much later, as chance has it')
        .argParser(parseSpan)
        .default(300_000, '5m'),
    )
    .option(
      '--max-age <duration>',
      'how old the last good run may grow; twice the interval otherwise',
      parseAge,
    )
    .option('--at-start', 'run once at once, too')
    .option('--listen <address>', 'serve /metrics, /health and /healthz on HOST:PORT or :PORT', parseListen);
  return addStateOption(command)
    .addHelpText(
      'after',
      '\nWhat the target holds already is skipped; an interrupted run goes on. One that fails stops no other.\n\nExit codes: 0 all is well, 1 nothing could be done, 6 some items failed and the others are mirrored.\n\nExamples:\n  skerry mirror run mirror.yaml\n  skerry mirror run mirror.yaml --every "0 2 * * *" --listen :9464',
    )
    .action(async (path: string, options: RunCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => run(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

async function run(
  console: Console,
  path: string,
  options: RunCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const { every, timeZone, helm, spread = 0, maxAge, atStart = false, listen } = options;
  const file = await readMirrorFile(path);
  const state = statePathOf(options, file, console.env);
  if (every !== undefined) {
    const schedule = Schedule.parse(every, timeZone);
    if (typeof schedule === 'string')
      throw installerError('USAGE', {
        subject: `--every "${every}" --time-zone ${timeZone}`,
        detail: schedule,
      });
    return await runService(
      console,
      { file, state, schedule, helm, signal },
      { spread, maxAge, atStart, listen },
    );
  }
  const lock = await takeRunLock(state);
  if (lock === undefined) throw mirrorError('MIRROR_BUSY', { subject: file.mirror.name, detail: state });
  try {
    const before = await readState(state, file.mirror.name);
    const started = Date.now();
    const remember = async (jobs: readonly JobResult[], verdict: SkerryError | undefined) => {
      const summary = summaryOf(jobs, { started, ended: Date.now() }, verdict);
      await writeState(state, withRun(before, summary));
    };
    const jobs = await runOnce(console, file, { helm, output, signal }).catch(async (error: unknown) => {
      // One that was stopped was neither good nor bad.
      if (!signal.aborted) await remember([], failureOf(error, file.mirror.name)).catch(() => {});
      throw error;
    });
    print(console, output, { jobs }, () => describeRun(jobs));
    const verdict = verdictOf(jobs);
    // What was done is said before a full disk is.
    const unwritten = await remember(jobs, verdict).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (verdict !== undefined) throw verdict;
    if (unwritten !== undefined) throw unwritten.error;
  } finally {
    lock.release();
  }
}

async function runOnce(
  console: Console,
  file: MirrorFile,
  { helm, output, signal }: { helm: string | undefined; output: 'text' | 'json'; signal: AbortSignal },
): Promise<JobResult[]> {
  const { name } = file.mirror;
  let jobs: JobResult[] = [];
  let report: (text: string) => void = () => {};
  const onProgress = ({ bytesDone, current }: CopyProgress) =>
    report(`${formatBytes(bytesDone)}  ${current}`);
  const onWait = tellWaits(console, output, (text) => report(text));
  const input = { env: console.env, helm, signal, onWait, onProgress };
  await withContext(file, input, async (context) => {
    const step = async (told: (text: string) => void) => {
      report = told;
      jobs = await runMirror(context, (job) => told(`job ${job.name}`));
    };
    await runSteps(console, output, [{ title: `Mirror ${name}`, run: step }]);
  });
  return jobs;
}
