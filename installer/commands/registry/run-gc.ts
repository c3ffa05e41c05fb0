import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../content/error.ts';
import { deferredAudit } from '../../../registry/audit/deferred-audit.ts';
import { registryError } from '../../../registry/errors.ts';
import type { GcOptions } from '../../../registry/gc/collect.ts';
import type { GcEvent } from '../../../registry/gc/gc-event.ts';
import { gcJob } from '../../../registry/gc/gc-job.ts';
import { parseRetention } from '../../../registry/gc/plan/retention.ts';
import { parseRootList } from '../../../registry/gc/plan/root-list.ts';
import { runJob } from '../../../registry/jobs/job-client.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { localUser } from '../../terminal/local-user.ts';
import { runSteps } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';
import type { GcCommandOptions } from './gc.ts';
import { doneText, GcReport } from './gc-report.ts';
import { auditFileOf } from './store-files.ts';
import { storeOf } from './store-option.ts';

export async function runGc(
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
