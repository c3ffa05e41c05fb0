import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import type { ConflictPolicy } from '../../apply/release/owners.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import { hashPassword } from '../../registry/access/passwords/password-hash.ts';
import { installerError } from '../errors.ts';
import { openOffer } from '../offer/open-offer.ts';
import { type HopPlan, requireFresh } from '../offer/plan-hops.ts';
import { readInstallation } from '../record/installation.ts';
import { withScratch } from '../scratch.ts';
import { findHelm, openHelm } from '../stick/helm-program.ts';
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
import type { UpgradeInput } from '../upgrade/upgrade-plan.ts';
import { describePlan } from '../upgrade-report/describe-plan.ts';
import { planJson, type UpgradePlanReport } from '../upgrade-report/upgrade-plan.ts';
import { finishGoingBack, goBack } from './rollback-steps.ts';
import { type HopOutcome, runHops } from './run-hops.ts';
import { type KeyOptions, trustedKey } from './stick-inputs.ts';
import { closeAll, findWay, helmFor, openWay, type WayInput, type WayOptions } from './upgrade-hops.ts';
import { previewUpgrade, requireUnblocked } from './upgrade-preview.ts';
import { describeUpgrade, upgradeResult } from './upgrade-report.ts';
import { checkUpgrade, runUpgrade } from './upgrade-steps.ts';

export interface UpgradeCommandOptions extends ClusterOptions, KeyOptions, WayOptions {
  readonly address?: string;
  readonly port?: number;
  readonly requestLog?: string;
  readonly helm?: string;
  readonly adopt?: readonly string[];
  readonly onConflict: ConflictPolicy;
  readonly yes?: boolean;
}

export function upgradeCommand(console: Console): Command {
  return addClusterOptions(new Command('upgrade'))
    .argument('<place>', 'a stick’s folder, a bundle, or a registry as http(s)://HOST[:PORT]')
    .option(
      '--key <file>',
      'the vendor’s public key; the one that the installed release was verified with otherwise',
    )
    .option('--fingerprint <text>', 'the fingerprint of the key; then the key on the stick may be used')
    .option('--to <version>', 'the release that is wanted; the newest that can be reached otherwise')
    .option('--candidates', 'look at releases that were not promoted yet, too')
    .option(
      '--channel-fingerprint <sha256>',
      'of a root of the channel, as the vendor told it; the first time only, it is remembered in the cluster',
    )
    .option('--channel-root <file>', 'a root of the channel that came by another way; the first time only')
    .option('--accept-expired', 'upgrade by a channel that has expired')
    .option('--plan', 'check everything, say what would be done, for how long and what blocks it, and stop')
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
  place: string,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const kubeconfig = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const installation = (await readInstallation(client, { signal }))?.installation;
  if (installation === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const offer = await openOffer(place, { product: installation.release.name, env: console.env, signal });
  try {
    const key = await trustedKey(console, offer, options, client, signal);
    const way: WayInput = { console, output, client, installation, offer, key, options, signal };
    const plan = await findWay(way);
    if (!options.plan) requireFresh(plan, options.acceptExpired === true);
    await withScratch(tmpdir(), (scratch) => upgradeAlong(way, options, plan, scratch));
  } finally {
    await offer.close();
  }
}

/** One hop after the other; all of them are looked at before the first is begun. */
async function upgradeAlong(
  way: WayInput,
  options: UpgradeCommandOptions,
  plan: HopPlan,
  scratch: string,
): Promise<void> {
  const { console, output, client, installation, key, signal } = way;
  const started = performance.now();
  const { bundles, times } = await openWay(way, plan);
  try {
    const inputs = await Promise.all(
      bundles.map(async (bundle, index): Promise<UpgradeInput> => {
        const release = plan.hops[index]?.to;
        const env = console.env;
        const program =
          release === undefined
            ? await findHelm(options.helm, env)
            : await helmFor(release, bundle, options.helm, { scratch, env });
        const settings = { kubeconfig: kubeconfigPath(options, env), context: options.context };
        return {
          ...{ client, bundle, key, scratch, signal },
          helm: openHelm(program, join(scratch, 'helm-home'), env, settings),
          onConflict: options.onConflict,
          adopt: options.adopt ?? [],
          by: `${nameOfUser()}@${hostname()}`,
          random: () => randomBytes(20).toString('hex'),
          hashPassword: (password) => hashPassword(password, randomBytes(16)),
        };
      }),
    );
    const [first] = inputs;
    let before = times;
    if (first === undefined || installation.upgrade === undefined) {
      const report = await preview(way, options, plan, { first, bundles });
      before = [...times, ...report.times];
      if (options.plan || first === undefined) {
        const result = { ...planJson(report.report), changed: false };
        print(console, output, result, () => describePlan(report.report));
        return;
      }
      requireUnblocked(report.report);
      await confirmUpgrade(console, report.report, options, output, signal);
    }
    const elapsed = () => performance.now() - started;
    await runHops(
      { console, output, elapsed, times: before },
      inputs.map((input) => () => upgradeVerified(console, input, options, output)),
    );
  } finally {
    await closeAll(bundles);
  }
}

async function preview(
  { console, output, installation, key }: WayInput,
  options: UpgradeCommandOptions,
  plan: HopPlan,
  { first, bundles }: { first: UpgradeInput | undefined; bundles: readonly ReleaseBundle[] },
): Promise<{ report: UpgradePlanReport; times: StepTime[] }> {
  const { name, version } = installation.release;
  if (first === undefined)
    return {
      report: { installed: { name, version }, hops: [], notes: plan.notes, channel: plan.channel },
      times: [],
    };
  const acceptExpired = options.acceptExpired === true;
  const { onConflict } = options;
  return await previewUpgrade({
    console,
    output,
    engine: first,
    installation,
    plan,
    bundles,
    key,
    onConflict,
    acceptExpired,
  });
}

async function upgradeVerified(
  console: Console,
  input: UpgradeInput,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
): Promise<HopOutcome> {
  const found = (await readInstallation(input.client, { signal: input.signal }))?.installation;
  if (found?.upgrade?.direction === 'back' && !options.plan) {
    const result = await goBack(console, { ...input, id: found.id }, output, undefined);
    throw finishGoingBack(result, found.upgrade.reason);
  }
  const { plan, times } = await checkUpgrade(console, input, output);
  const result = upgradeResult(plan);
  if (plan.isInstalled || options.plan) return { result, changed: false, times, text: describeUpgrade(plan) };
  const ran = await runUpgrade(console, input, options, output, plan);
  const { from, to } = plan;
  return {
    result,
    changed: true,
    times: [...times, ...ran],
    text: `\n${to.name} ${to.version} is installed. Return to ${from.version} with  skerry rollback`,
  };
}

async function confirmUpgrade(
  console: Console,
  report: UpgradePlanReport,
  options: UpgradeCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  if (output === 'text') console.stderr.write(`${describePlan(report)}\n`);
  if (options.yes) return;
  const to = report.hops.at(-1)?.forecast.to.version;
  const question = `\nUpgrade ${report.installed.name} from ${report.installed.version} to ${to}?`;
  if (!canAsk(console) || !(await confirm(console, question, signal)))
    throw installerError('NOT_CONFIRMED', { subject: 'skerry upgrade' });
}
