import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { rememberTemplates } from '../../../apply/helm/remember-templates.ts';
import type { ReleaseBundle } from '../../../bundle/release-bundle.ts';
import { hashPassword } from '../../../registry/access/passwords/password-hash.ts';
import { installerError } from '../../errors.ts';
import { openOffer } from '../../offer/open-offer.ts';
import { type HopPlan, requireFresh } from '../../offer/plan-hops.ts';
import { readInstallation } from '../../record/installation.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { canAsk, confirm } from '../../terminal/confirm.ts';
import { type Console, print } from '../../terminal/console.ts';
import { nameOfUser } from '../../terminal/local-user.ts';
import type { StepTime } from '../../terminal/steps.ts';
import type { UpgradeInput } from '../../upgrade/upgrade-plan.ts';
import { describePlan } from '../../upgrade-report/describe-plan.ts';
import { planJson, type UpgradePlanReport } from '../../upgrade-report/upgrade-plan.ts';
import { trustedKey } from '../stick-inputs.ts';
import type { UpgradeCommandOptions } from '../upgrade.ts';
import { closeAll, findWay, helmFor, openWay, type WayInput } from './hops.ts';
import { previewUpgrade, requireUnblocked } from './preview.ts';
import { describeUpgrade, upgradeResult } from './report.ts';
import { finishGoingBack, goBack } from './rollback-steps.ts';
import { type HopOutcome, runHops } from './run-hops.ts';
import { checkUpgrade, runUpgrade, withSeed } from './steps.ts';

export async function runUpgradeCommand(
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
  const { volumes } = options;
  const product = installation.release.name;
  const offer = await openOffer(place, { product, volumes, env: console.env, signal });
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
          helm: rememberTemplates(openHelm(program, join(scratch, 'helm-home'), env, settings)),
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
    // With the stick at hand nodes are served by it while the registry's one pod is replaced.
    const result = await withSeed(input, options, ({ seed }) =>
      goBack(console, { ...input, seed, id: found.id }, output, undefined),
    );
    throw finishGoingBack(result, found.upgrade.reason);
  }
  const { plan, times } = await checkUpgrade(console, input, output);
  const result = upgradeResult(plan);
  if (plan.isInstalled || options.plan) return { result, changed: false, times, text: describeUpgrade(plan) };
  const ran = await runUpgrade(console, input, options, output, plan);
  if (ran === undefined) {
    const ended = { ...plan, isInstalled: true };
    return { result: upgradeResult(ended), changed: false, times, text: describeUpgrade(ended) };
  }
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
