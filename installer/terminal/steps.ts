import { type Console, isFancy, type OutputFormat } from './console.ts';
import { formatDuration } from './units.ts';

export interface Step {
  /** Names it for programs; the title is for people. */
  readonly id?: string | undefined;
  readonly title: string;
  /** Why the step has nothing to do. */
  readonly skip?: string | undefined;
  /** `report` tells how far it is; it may be called as often as one likes. Resolves to a text to say at the end, if it is one. */
  readonly run: (report: (text: string) => void) => Promise<unknown>;
}

/** Lines about the same step come no more often than this, in milliseconds. */
const PLAIN_INTERVAL_MS = 5000;

/** What a step took. */
export interface StepTime {
  readonly id: string;
  readonly durationMs: number;
}

/**
 * Runs steps one after the other and tells how they go, on standard error: live on a terminal, as plain lines
 * elsewhere, not at all beside JSON. The first failure ends it and is thrown. Returns what each step that ran took.
 */
export async function runSteps(
  console: Console,
  format: OutputFormat,
  steps: readonly Step[],
): Promise<StepTime[]> {
  const times: StepTime[] = [];
  const timed = steps.map((step) => ({ ...step, run: timedRun(step, times) }));
  if (format === 'json') await runSilently(timed);
  else if (isFancy(console)) await runLive(timed);
  else await runPlainly(console, timed);
  return times;
}

function timedRun({ id, title, run }: Step, times: StepTime[]): Step['run'] {
  return async (report) => {
    const started = performance.now();
    const said = await run(report);
    times.push({ id: id ?? title, durationMs: Math.round(performance.now() - started) });
    return said;
  };
}

async function runSilently(steps: readonly Step[]): Promise<void> {
  for (const step of steps) if (step.skip === undefined) await step.run(() => {});
}

async function runLive(steps: readonly Step[]): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const tasks = steps.map(({ title, skip, run }) => ({
    title,
    skip: () => skip ?? false,
    task: async (_: unknown, task: { title: string | undefined; output: string }) => {
      const started = performance.now();
      const said = await run((text) => {
        task.output = text;
      });
      const extra = ending(said, started);
      task.title = `${title} (${extra})`;
    },
  }));
  // Everything goes to standard error: standard output belongs to results.
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  await new Listr(tasks, {
    renderer: 'default',
    rendererOptions: { logger, collapseSkips: false, showErrorMessage: false, collapseErrors: false },
    concurrent: false,
    exitOnError: true,
    registerSignalListeners: false,
  }).run();
}

async function runPlainly({ stderr }: Console, steps: readonly Step[]): Promise<void> {
  for (const { title, skip, run } of steps) {
    if (skip !== undefined) {
      stderr.write(`[skip] ${title}: ${skip}\n`);
      continue;
    }
    stderr.write(`[....] ${title}\n`);
    const started = performance.now();
    let told = started;
    const said = await run((text) => {
      if (performance.now() - told < PLAIN_INTERVAL_MS) return;
      told = performance.now();
      stderr.write(`       ${text}\n`);
    });
    const extra = ending(said, started);
    stderr.write(`[done] ${title} (${extra})\n`);
  }
}

function ending(said: unknown, started: number): string {
  const duration = formatDuration(performance.now() - started);
  return typeof said === 'string' ? `${said}, ${duration}` : duration;
}
