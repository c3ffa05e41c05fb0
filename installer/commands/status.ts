import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { connectCluster } from '../../apply/kube.ts';
import { addClusterOptions, type ClusterOptions, globalOptions, kubeconfigPath } from '../cli-options.ts';
import { type Console, print, reportError } from '../console.ts';
import { findHelm, openHelm } from '../helm-program.ts';
import { withScratch } from '../install.ts';
import { interruptible } from '../interrupt.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import { readStatus, type Status } from '../status.ts';

interface StatusCommandOptions extends ClusterOptions {
  readonly helm?: string;
}

export function statusCommand(console: Console): Command {
  return addClusterOptions(new Command('status'))
    .description('say what is installed, what runs, and where it came from')
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

/** The status for people: what, since when, by whom; then components; then every container with its digest and origin. */
function describeStatus({ installation, components, registry, containers, healthy }: Status): string {
  const { release, key, phases } = installation;
  const last = phases.filter(({ state }) => state === 'done').at(-1);
  const done = phases.filter(({ state }) => state === 'done').length;
  return [
    `release     ${release.name} ${release.version}, ${installation.state}${installation.state === 'installed' ? '' : ` (${done} of ${phases.length} phases done)`}, ${healthy ? 'healthy' : 'NOT HEALTHY'}`,
    `digest      ${release.digest}`,
    `signed by   ${key.fingerprint}`,
    `registry    ${REGISTRY_ADDRESS} on every node, served from ${registry === 'cluster' ? 'the cluster' : 'the workstation that installs'}`,
    ...(last?.by === undefined ? [] : [`last phase  ${last.id}, ${last.finishedAt ?? ''} by ${last.by}`]),
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
  ].join('\n');
}
