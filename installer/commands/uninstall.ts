import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { connectCluster } from '../../apply/kube.ts';
import { formatId, groupOf } from '../../apply/object.ts';
import { addClusterOptions, type ClusterOptions, globalOptions, kubeconfigPath } from '../cli-options.ts';
import { canAsk, confirm } from '../confirm.ts';
import { type Console, print, reportError } from '../console.ts';
import { installerError } from '../errors.ts';
import { findHelm, openHelm } from '../helm-program.ts';
import { isGone, ownIdentity } from '../holder.ts';
import { withScratch } from '../install.ts';
import { interruptible } from '../interrupt.ts';
import { takeLock } from '../lock.ts';
import { runSteps } from '../steps.ts';
import { planUninstall, type UninstallPlan, uninstall } from '../uninstall.ts';

interface UninstallCommandOptions extends ClusterOptions {
  readonly helm?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

const LOCK_WAIT_MS = 45_000;

export function uninstallCommand(console: Console): Command {
  return addClusterOptions(new Command('uninstall'))
    .description('name what an installation has in the cluster, and delete just that')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'name it, and stop')
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .addHelpText(
      'after',
      '\nAll content of the private registry goes with it; clusters and volumes of others stay.\n\nExamples:\n  skerry uninstall --dry-run\n  skerry uninstall --yes',
    )
    .action(async (options: UninstallCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => withScratch(tmpdir(), (scratch) => run(console, options, output, scratch, signal)),
        (error) => reportError(console, output, error),
      );
    });
}

async function run(
  console: Console,
  options: UninstallCommandOptions,
  output: 'text' | 'json',
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  const kubeconfig = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const helm = openHelm(await findHelm(options.helm, console.env), join(scratch, 'helm'), console.env, {
    kubeconfig,
    context: options.context,
  });
  const plan = await planUninstall(client, helm, signal);
  if (output === 'text') console.stdout.write(`${describePlan(plan)}\n`);
  if (options.dryRun) {
    if (output === 'json') print(console, output, planResult(plan, false), () => '');
    return;
  }
  const sure =
    options.yes || (canAsk(console) && (await confirm(console, '\nAll of this will be deleted.', signal)));
  if (!sure) throw installerError('NOT_CONFIRMED', { subject: 'skerry uninstall' });
  const lock = await takeLock(client, {
    identity: ownIdentity(),
    isGone,
    signal,
    waitMs: LOCK_WAIT_MS,
  });
  try {
    await runSteps(console, output, [
      {
        title: 'Uninstall',
        run: (report) => uninstall(client, helm, plan, { signal: lock.signal, onStep: report }),
      },
    ]);
  } finally {
    await lock.release();
  }
  print(console, output, planResult(plan, true), () => '\nAll that was named is gone.');
}

function planResult(plan: UninstallPlan, deleted: boolean) {
  const { components, crds, namespaces, kept } = plan;
  return { deleted, components, crds, objects: plan.objects.map(describe), namespaces, kept };
}

/** Every object by name, grouped by what brought it. */
function describePlan(plan: UninstallPlan): string {
  const release = plan.stored?.installation.release;
  const title =
    release === undefined ? 'an installation that had hardly begun' : `${release.name} ${release.version}`;
  return [
    `Uninstalling ${title} deletes:`,
    ...plan.components.flatMap(({ name, namespace, objects }) => [
      ``,
      `component ${name} in ${namespace}`,
      ...objects.map((object) => `  ${object}`),
    ]),
    ...plan.crds.flatMap(({ name, resources }) => [
      '',
      `CustomResourceDefinition ${name}`,
      ...resources.map((resource) => `  ${resource}`),
    ]),
    '',
    'what the installer made',
    ...plan.objects.map((object) => `  ${describe(object)}`),
    ...plan.namespaces.map((namespace) => `  Namespace ${namespace}`),
    ...plan.kept.flatMap(({ namespace, because }) => [
      '',
      `Namespace ${namespace} stays, others have things in it:`,
      ...because.map((object) => `  ${object}`),
    ]),
  ].join('\n');
}

function describe({
  apiVersion,
  kind,
  metadata: { name, namespace },
}: UninstallPlan['objects'][number]): string {
  return formatId({ group: groupOf(apiVersion), kind, namespace, name });
}
