import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { hashPassword } from '../../../registry/access/passwords/password-hash.ts';
import { installerError } from '../../errors.ts';
import { rolloutWarnings } from '../../preflight/rollouts-under-way.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { canAsk, confirm } from '../../terminal/confirm.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { nameOfUser } from '../../terminal/local-user.ts';
import { differenceError } from '../../upgrade/go-back.ts';
import { upgradeOf } from '../../upgrade/record-changes.ts';
import { planRollback, type RollbackPlan, requireSameWay } from '../../upgrade/rollback-plan.ts';
import type { RollbackCommandOptions } from '../rollback.ts';
import { goBack } from './rollback-steps.ts';

export async function runRollback(
  console: Console,
  options: RollbackCommandOptions,
  output: OutputFormat,
): Promise<void> {
  await interruptible(
    (signal) => withScratch(tmpdir(), (scratch) => rollback(console, options, output, scratch, signal)),
    (error) => reportError(console, output, error),
  );
}

async function rollback(
  console: Console,
  options: RollbackCommandOptions,
  output: 'text' | 'json',
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  const kubeconfig = kubeconfigPath(options, console.env);
  const settings = { kubeconfig, context: options.context };
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const random = () => randomBytes(20).toString('hex');
  const plan = await planRollback({ client, random, signal });
  const warnings = await rolloutWarnings(client, signal);
  if (options.plan) {
    print(console, output, { ...rollbackResult(plan), warnings }, () => describeRollback(plan, warnings));
    return;
  }
  if (output === 'text' && options.yes)
    for (const line of warningLines(warnings)) console.stderr.write(`${line}\n`);
  await confirmRollback(console, { plan, warnings }, options, output, signal);
  const program = await findHelm(options.helm, console.env);
  const result = await goBack(
    console,
    {
      ...{ client, scratch, random, signal },
      helm: openHelm(program, join(scratch, 'helm'), console.env, settings),
      hashPassword: (password) => hashPassword(password, randomBytes(16)),
      by: `${nameOfUser()}@${hostname()}`,
      id: plan.record.id,
    },
    output,
    async (lock) => {
      // What was read before the lock may be out of date.
      const again = await planRollback({ client, random, signal: lock.signal });
      requireSameWay(plan, again);
      return { ...again.stored, installation: again.record };
    },
  );
  const differs = differenceError(result, result.to);
  if (differs !== undefined) throw differs;
  print(console, output, { ...rollbackResult(plan), warnings, changed: true, ...result }, () =>
    [
      `\n${plan.record.release.name} ${result.to} runs again, as the checkpoint has it.`,
      ...result.stays.map((object) => `made since, and left: ${object}`),
    ].join('\n'),
  );
}

async function confirmRollback(
  console: Console,
  { plan, warnings }: { readonly plan: RollbackPlan; readonly warnings: readonly string[] },
  options: RollbackCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  if (options.yes) return;
  if (output === 'text') console.stderr.write(`${describeRollback(plan, warnings)}\n`);
  const question = '\nWhat was changed since the checkpoint is lost.';
  if (!canAsk(console) || !(await confirm(console, question, signal)))
    throw installerError('NOT_CONFIRMED', { subject: 'skerry rollback' });
}

function rollbackResult({ record, steps }: RollbackPlan) {
  const { from, to, checkpoint, reason, components } = upgradeOf(record);
  return {
    from: to,
    to: from,
    checkpoint,
    reason,
    components: components.map(({ name, action, revision }) => ({ name, action, revision })),
    steps,
  };
}

function describeRollback({ record, steps }: RollbackPlan, warnings: readonly string[]): string {
  const { from, to, startedAt } = upgradeOf(record);
  return [
    `${from.name} ${to.version} -> ${from.version}, as it was at ${record.upgrade?.checkpoint?.tag ?? startedAt}`,
    '',
    ...steps.map(({ title }) => `will  ${title}`),
    ...warningLines(warnings),
  ].join('\n');
}

function warningLines(warnings: readonly string[]): string[] {
  return warnings.map((warning) => `warn  ${warning}`);
}
