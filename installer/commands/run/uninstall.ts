import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { describeObject } from '../../../apply/object.ts';
import { installerError } from '../../errors.ts';
import { withScratch } from '../../scratch.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { canAsk, confirm } from '../../terminal/confirm.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { localUser } from '../../terminal/local-user.ts';
import { runSteps } from '../../terminal/steps.ts';
import { checkWords, guardedIn } from '../../uninstall/guarded.ts';
import { planUninstall, type UninstallPlan } from '../../uninstall/plan.ts';
import { uninstallLocked } from '../../uninstall/uninstall.ts';
import type { UninstallCommandOptions } from '../uninstall.ts';

export async function runUninstall(
  console: Console,
  options: UninstallCommandOptions,
  output: OutputFormat,
): Promise<void> {
  await interruptible(
    (signal) => withScratch(tmpdir(), (scratch) => run(console, options, output, scratch, signal)),
    (error) => reportError(console, output, error),
  );
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
  const plan = await planUninstall({ client, helm, signal });
  if (output === 'text') console.stdout.write(`${describePlan(plan)}\n`);
  if (options.dryRun) {
    if (output === 'json') print(console, output, planResult(plan, false), () => '');
    return;
  }
  checkWords(plan, options.delete);
  const sure =
    options.yes || (canAsk(console) && (await confirm(console, '\nAll of this will be deleted.', signal)));
  if (!sure) throw installerError('NOT_CONFIRMED', { subject: 'skerry uninstall' });
  await runSteps(console, output, [
    {
      title: 'Uninstall',
      run: (onStep) =>
        uninstallLocked({
          client,
          helm,
          plan,
          words: options.delete,
          by: `${localUser(console.env)}@${hostname()}`,
          patienceMs: options.timeout * 1000,
          signal,
          onStep,
        }),
    },
  ]);
  print(console, output, planResult(plan, true), () => '\nAll that was named is gone.');
}

function planResult(plan: UninstallPlan, deleted: boolean) {
  const { components, crds, kept, stays } = plan;
  return {
    deleted,
    components: components.map(({ name, namespace, objects, hooks, made }) => ({
      name,
      namespace,
      objects: objects.map(describeObject),
      hooks: hooks.map(describeObject),
      made: made.map(describeObject),
    })),
    crds: crds.map(({ crd, resources }) => ({
      name: crd.metadata.name,
      resources: resources.map(describeObject),
    })),
    guarded: guardedIn(plan).map(({ word, resources, loses }) => ({
      word,
      resources: resources.map(describeObject),
      loses,
    })),
    grants: plan.grants.map(describeObject),
    objects: ownOf(plan).map(describeObject),
    namespaces: plan.namespaces.map(({ metadata }) => metadata.name),
    kept,
    stays,
  };
}

function ownOf({ own, record, lease }: UninstallPlan) {
  return [...own, record, lease].filter((object) => object !== undefined);
}

/** Every object by name, grouped by what brought it. */
function describePlan(plan: UninstallPlan): string {
  const release = plan.stored?.installation.release;
  const title =
    release === undefined ? 'an installation that had hardly begun' : `${release.name} ${release.version}`;
  return [
    `Uninstalling ${title} deletes:`,
    ...plan.components.flatMap(({ name, namespace, objects, hooks, made }) => [
      ``,
      `component ${name} in ${namespace}`,
      ...[...objects, ...hooks, ...made].map((object) => `  ${describeObject(object)}`),
    ]),
    ...plan.crds.flatMap(({ crd, resources }) => [
      '',
      `CustomResourceDefinition ${crd.metadata.name}`,
      ...resources.map((resource) => `  ${describeObject(resource)}`),
    ]),
    ...(plan.grants.length === 0 ? [] : ['', 'what the components were granted in namespaces of others']),
    ...plan.grants.map((object) => `  ${describeObject(object)}`),
    '',
    'what the installer made',
    ...ownOf(plan).map((object) => `  ${describeObject(object)}`),
    ...plan.namespaces.map((namespace) => `  ${describeObject(namespace)}`),
    ...plan.kept.flatMap(({ namespace, because }) => [
      '',
      `Namespace ${namespace} stays, others have things in it:`,
      ...because.map((object) => `  ${object}`),
    ]),
    ...guardedIn(plan).flatMap(({ word, resources, loses }) => [
      '',
      `${resources.length} of ${word} would be lost, and go only with --delete ${word}. ${loses}`,
    ]),
    ...(plan.stays.length === 0 ? [] : ['', 'Stays:']),
    ...plan.stays.map(({ object, because }) => `  ${object}: ${because}`),
  ].join('\n');
}
