import { auditedReport } from '../../../registry/audit/audited-report.ts';
import { deferredAudit } from '../../../registry/audit/deferred-audit.ts';
import { registryError } from '../../../registry/errors.ts';
import { runJob } from '../../../registry/jobs/job-client.ts';
import type { CheckEvent } from '../../../registry/scrub/check-event.ts';
import { type CheckInput, checkJob } from '../../../registry/scrub/check-job.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { localUser } from '../../terminal/local-user.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes, formatDuration } from '../../terminal/units.ts';
import type { CheckOptions } from './check.ts';
import { CheckReport } from './check-report.ts';
import { openRepairSource, repairSourceOf } from './repair-source.ts';
import { auditFileOf } from './store-files.ts';
import { storeOf } from './store-option.ts';

export async function runCheck(
  console: Console,
  options: CheckOptions,
  { output, signal }: { readonly output: OutputFormat; readonly signal: AbortSignal },
): Promise<void> {
  const folder = storeOf(options, console.env);
  const input: CheckInput = {
    rate: options.rate,
    all: options.all ?? false,
    repairFrom: (options.repairFrom ?? []).map((each) => repairSourceOf(each, options, console.env)),
    by: localUser(console.env),
  };
  // For when no registry has the store open, which would write it down itself.
  const audit = deferredAudit(auditFileOf(folder));
  const job = checkJob({ openSource: (source) => openRepairSource(source, console.env), audit });
  const note = auditedReport(
    () => {},
    () => audit,
  );
  const report = new CheckReport();
  const run = async (say: (text: string) => void) => {
    const progress = new Progress();
    for await (const event of runJob(folder, job, input, signal, note)) {
      report.add(event);
      const text = progress.textOf(event);
      if (text !== undefined) say(text);
    }
    return progress.summary();
  };
  try {
    await runSteps(console, output, [{ title: `Check ${folder}`, run }]);
  } catch (error) {
    // What was found until then was found, and is in quarantine.
    if (report.hasFindings) print(console, output, report.toJson(), () => report.toText());
    throw error;
  } finally {
    await audit.close();
  }
  print(console, output, report.toJson(), () => report.toText());
  if (report.failure !== undefined)
    throw registryError('REGISTRY_CHECK_FAILED', { subject: folder, detail: report.failure });
}

/** How far a check is, how fast, and how long it will take. */
class Progress {
  readonly #started = performance.now();
  #total = 0;
  #bytes = 0;

  textOf(event: CheckEvent): string | undefined {
    if (event.type === 'begun') {
      this.#total = event.bytes;
      const since = new Date(event.since).toISOString().slice(0, 16).replace('T', ' ');
      return `${event.resumed ? `goes on with the check of ${since} UTC: ` : ''}${event.files} files, ${formatBytes(event.bytes)}`;
    }
    if (event.type === 'repaired') return `${event.digest} repaired from ${event.from}`;
    if (event.type !== 'progress') return undefined;
    this.#bytes = event.bytes;
    if (event.doing !== 'reading') return event.doing;
    const ms = performance.now() - this.#started;
    const left = this.#bytes === 0 ? 0 : (ms * Math.max(0, this.#total - this.#bytes)) / this.#bytes;
    return `${formatBytes(this.#bytes)} of ${formatBytes(this.#total)}, ${formatBytes(this.#rate())}/s, ${formatDuration(left)} left`;
  }

  summary(): string {
    return `${formatBytes(this.#bytes)} read`;
  }

  #rate(): number {
    return (this.#bytes * 1000) / Math.max(1, performance.now() - this.#started);
  }
}
