import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import type { ConflictPolicy } from '../../apply/release/owners.ts';
import { hashPassword } from '../../registry/access/passwords/password-hash.ts';
import { installerError } from '../errors.ts';
import { readInstallation } from '../record/installation.ts';
import { withScratch } from '../scratch.ts';
import { openHelm } from '../stick/helm-program.ts';
import { findStick } from '../stick/stick.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  collect,
  globalOptions,
  kubeconfigPath,
  parsePort,
} from '../terminal/cli-options.ts';
import { canAsk, confirm } from '../terminal/confirm.ts';
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { nameOfUser } from '../terminal/local-user.ts';
import type { StepTime } from '../terminal/steps.ts';
import type { UpgradeInput, UpgradePlan } from '../upgrade/upgrade-plan.ts';
import { verifyBundle } from './install-steps.ts';
import { finishGoingBack, goBack } from './rollback-steps.ts';
import { helmOf, type KeyOptions, trustedKey } from './stick-inputs.ts';
import { describeUpgrade, upgradeResult } from './upgrade-report.ts';
import { checkUpgrade, runUpgrade } from './upgrade-steps.ts';

export interface UpgradeCommandOptions extends ClusterOptions, KeyOptions {
  readonly address?: string;
  readonly port?: number;
  readonly requestLog?: string;
  readonly helm?: string;
  readonly adopt?: readonly string[];
  readonly onConflict: ConflictPolicy;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export function upgradeCommand(console: Console): Command {
  return addClusterOptions(new Command('upgrade'))
    .argument('<stick>', 'a stick’s folder or a bundle')
    .option(
      '--key <file>',
      'the vendor’s public key; the one that the installed release was verified with otherwise',
    )
    .option('--fingerprint <text>', 'the fingerprint of the key; then the key on the stick may be used')
    .option('--plan', 'check everything, say what would be done, and stop')
    .option('--yes', 'do not ask')
    .option('--address <ip>', 'the address under which the cluster reaches this workstation')
    .option('--port <port>', 'the port that it uses; any free one otherwise', parsePort)
    .option('--request-log <file>', 'add what nodes ask this workstation for to a file, as lines of JSON')
    .option('--helm <file>', 'a helm program; the stick’s otherwise')
    .option(
      '--adopt <object>',
      'take over what is there and belongs to somebody else; may be given again',
      collect,
    )
    .addOption(
      new Option(
        '--on-conflict <what>',
        'fields of the components that somebody else has set since: change nothing at all, keep theirs, or take them over',
      )
        .choices(['stop', 'keep', 'take'])
        .default('stop'),
    )
    .addHelpText(
      'after',
      `
Nothing that runs is changed before a checkpoint is kept in the cluster. What fails afterwards is taken back by itself.
It may be stopped at any moment: run it again, from here or from another workstation, and it goes on; or go back with
skerry rollback.
Exit codes: 0 upgraded, 5 the release before runs as it did, 130 stopped on request.

Examples:
  stick/skerry upgrade stick/ --plan
  stick/skerry upgrade stick/ --yes`,
    )
    .action(async (path: string, options: UpgradeCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => upgrade(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

async function upgrade(
  console: Console,
  path: string,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const stick = await findStick(path);
  const kubeconfig = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const key = await trustedKey(console, stick, options, client, signal);
  await withScratch(tmpdir(), async (scratch) => {
    const { bundle, times } = await verifyBundle(console, output, stick, key, signal);
    try {
      const program = await helmOf(stick, bundle, options, scratch, console);
      const settings = { kubeconfig, context: options.context };
      const input: UpgradeInput = {
        ...{ client, bundle, key, scratch, signal },
        helm: openHelm(program, join(scratch, 'helm-home'), console.env, settings),
        onConflict: options.onConflict,
        adopt: options.adopt ?? [],
        by: `${nameOfUser()}@${hostname()}`,
        random: () => randomBytes(20).toString('hex'),
        hashPassword: (password) => hashPassword(password, randomBytes(16)),
      };
      await upgradeVerified(console, input, options, output, { started, times });
    } finally {
      await bundle.store.close();
    }
  });
}

async function upgradeVerified(
  console: Console,
  input: UpgradeInput,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
  { started, times }: { started: number; times: readonly StepTime[] },
): Promise<void> {
  const found = (await readInstallation(input.client, { signal: input.signal }))?.installation;
  if (found?.upgrade?.direction === 'back' && !options.plan) {
    const result = await goBack(console, { ...input, id: found.id }, output, undefined);
    throw finishGoingBack(result, found.upgrade.reason);
  }
  const checked = await checkUpgrade(console, input, output);
  const { plan } = checked;
  const before = [...times, ...checked.times];
  if (plan.isInstalled || options.plan) {
    print(console, output, { ...upgradeResult(plan), changed: false }, () => describeUpgrade(plan));
    return;
  }
  await confirmUpgrade(console, plan, options, output, input.signal);
  const ran = await runUpgrade(console, input, options, output, plan);
  const durationMs = Math.round(performance.now() - started);
  const result = { ...upgradeResult(plan), changed: true, durationMs, times: [...before, ...ran] };
  print(
    console,
    output,
    result,
    () =>
      `\n${plan.to.name} ${plan.to.version} is installed. Return to ${plan.from.version} with  skerry rollback`,
  );
}

async function confirmUpgrade(
  console: Console,
  plan: UpgradePlan,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  if (options.yes) return;
  if (output === 'text') console.stderr.write(`${describeUpgrade(plan)}\n`);
  const question = `\nUpgrade ${plan.from.name} from ${plan.from.version} to ${plan.to.version}?`;
  if (!canAsk(console) || !(await confirm(console, question, signal)))
    throw installerError('NOT_CONFIRMED', { subject: 'skerry upgrade' });
}
