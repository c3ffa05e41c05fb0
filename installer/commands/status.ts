import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import { describeImageWay } from '../images/image-way.ts';
import type { UncoveredImage } from '../images/uncovered-images.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import { describeRun } from '../record/last-run.ts';
import { withScratch } from '../scratch.ts';
import { readStatus, type Status } from '../status.ts';
import { findHelm, openHelm } from '../stick/helm-program.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  kubeconfigPath,
} from '../terminal/cli-options.ts';
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';

interface StatusCommandOptions extends ClusterOptions {
  readonly helm?: string;
}

export function statusCommand(console: Console): Command {
  return addClusterOptions(new Command('status'))
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .addHelpText(
      'after',
      '\nExits with 1 when something is not healthy.\n\nExamples:\n  skerry status\n  skerry status --output json',
    )
    .action(async (options: StatusCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const kubeconfig = kubeconfigPath(options, console.env);
      const status = await interruptible(
        async (signal) => {
          const client = await connectCluster({ path: kubeconfig, context: options.context });
          const program = await findHelm(options.helm, console.env);
          return await withScratch(tmpdir(), (scratch) =>
            readStatus(
              client,
              openHelm(program, join(scratch, 'helm'), console.env, { kubeconfig, context: options.context }),
              signal,
            ),
          );
        },
        (error) => reportError(console, output, error),
      );
      print(
        console,
        output,
        {
          ...status,
          installation: { ...status.installation, key: { fingerprint: status.installation.key.fingerprint } },
        },
        () => describeStatus(status),
      );
      if (!status.healthy) process.exitCode = 1;
    });
}

const SERVED = {
  cluster: 'served from the cluster',
  workstation: 'served from the workstation that installs',
  broken: 'BROKEN: run skerry install again',
} as const;

/** The status for people: what, since when, by whom; then components; then every container with its digest and origin. */
function describeStatus(status: Status): string {
  const { installation, components, registry, problems, containers, images, guarded = [], healthy } = status;
  const { release, key, phases } = installation;
  const last = phases.filter(({ state }) => state === 'done').at(-1);
  const run = installation.history.at(-1);
  const done = phases.filter(({ state }) => state === 'done').length;
  return [
    `release     ${release.name} ${release.version}, ${installation.state}${installation.state === 'installed' ? '' : ` (${done} of ${phases.length} phases done)`}, ${healthy ? 'healthy' : 'NOT HEALTHY'}`,
    `digest      ${release.digest}`,
    `signed by   ${key.fingerprint}`,
    `registry    ${REGISTRY_ADDRESS} on every node, ${SERVED[registry]}`,
    ...problems.map((problem) => `            ${problem}`),
    ...(last?.by === undefined ? [] : [`last phase  ${last.id}, ${last.finishedAt ?? ''} by ${last.by}`]),
    ...(images === undefined ? [] : [`later pods  ${describeImageWay(images)}`]),
    ...guarded.map(({ word, objects }) => `guarded     ${objects} ${word}`),
    ...(run === undefined ? [] : [`last run    ${describeRun(run)}`]),
    '',
    'COMPONENTS',
    ...components.flatMap(({ name, namespace, healthy: fine, objects, problems }) => [
      `  ${name.padEnd(16)} ${namespace.padEnd(16)} ${fine ? 'healthy' : 'NOT HEALTHY'}, ${objects} objects`,
      ...problems.map((problem) => `      ${problem}`),
    ]),
    '',
    'CONTAINERS',
    ...containers.flatMap(({ namespace, pod, container, image, digest, state, node, fromRegistry }) => [
      `  ${namespace}/${pod} ${container}, ${state} on ${node}`,
      `      ${digest || 'no image yet'}`,
      `      ${fromRegistry ? 'pulled as' : 'NOT FROM THE PRIVATE REGISTRY:'} ${image.replace(/@.*/, '')}`,
    ]),
    ...describeUncovered(images?.uncovered ?? []),
  ].join('\n');
}

function describeUncovered(uncovered: readonly UncoveredImage[]): string[] {
  if (uncovered.length === 0) return [];
  return [
    '',
    'NOT FROM THE PRIVATE REGISTRY',
    ...uncovered.flatMap(({ namespace, pod, container, image, inRelease, problem }) => [
      `  ${namespace}/${pod} ${container}, ${image}`,
      `      ${inRelease ? 'the release holds this image' : 'not an image of the release'}${problem === '' ? '' : `; ${problem}`}`,
    ]),
  ];
}
