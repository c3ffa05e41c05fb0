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
import { type Console, print } from '../../terminal/console.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { RunCommandOptions } from './run.ts';
import { takeRunLock } from './run-lock.ts';
import { describeRun } from './run-report.ts';
import { runService } from './run-service.ts';
import { statePathOf } from './state-path.ts';
import { withContext } from './with-mirror.ts';

export async function runMirrorOnce(
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
