import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import { systemClock } from '../../apply/clock.ts';
import { withScratch } from '../scratch.ts';
import { readStatus, type Status } from '../status.ts';
import { findHelm, openHelm } from '../stick/helm-program.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  kubeconfigPath,
  parseSeconds,
} from '../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { openRedraw } from '../terminal/redraw.ts';
import { describeStatus } from './status-text.ts';
import { watchStatus } from './watch-status.ts';

interface StatusCommandOptions extends ClusterOptions {
  readonly helm?: string;
  readonly watch?: boolean;
  readonly every: number;
}

export function statusCommand(console: Console): Command {
  return addClusterOptions(new Command('status'))
    .option('--helm <file>', 'a helm program; the one beside this program or on the PATH otherwise')
    .option('--watch', 'show it again and again, until Ctrl-C: drawn over, or one line of JSON per change')
    .option('--every <seconds>', 'between two looks of --watch', parseSeconds, 3)
    .addHelpText(
      'after',
      '\nExits with 1 when something is not healthy.\n\nExamples:\n  skerry status\n  skerry status --output json\n  skerry status --watch',
    )
    .action(async (options: StatusCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      const status = await interruptible(
        async (signal) => await look(console, options, output, signal),
        (error) => reportError(console, output, error),
      );
      if (status === undefined) return;
      print(console, output, jsonOf(status), () => describeStatus(status));
      if (!status.healthy) process.exitCode = 1;
    });
}

/** The status once; undefined after it was watched. */
async function look(
  console: Console,
  options: StatusCommandOptions,
  output: OutputFormat,
  signal: AbortSignal,
): Promise<Status | undefined> {
  const kubeconfig = kubeconfigPath(options, console.env);
  const { context } = options;
  const client = await connectCluster({ path: kubeconfig, context });
  const program = await findHelm(options.helm, console.env);
  return await withScratch(tmpdir(), async (scratch) => {
    const helm = openHelm(program, join(scratch, 'helm'), console.env, { kubeconfig, context });
    if (options.watch !== true) return await readStatus(client, helm, signal);
    await watchStatus({
      read: async (stop) => await readStatus(client, helm, stop),
      json: jsonOf,
      text: describeStatus,
      redraw: openRedraw(console, output, () => new Date()),
      ...{ everyMs: options.every * 1000, clock: systemClock, signal },
    });
    return undefined;
  });
}

/** Without the text of the key that the release is signed with. */
function jsonOf(status: Status): unknown {
  const { key, upgrade, previous, ...installation } = status.installation;
  return {
    ...status,
    installation: {
      ...installation,
      key: { fingerprint: key.fingerprint },
      ...(upgrade === undefined
        ? {}
        : { upgrade: { ...upgrade, key: { fingerprint: upgrade.key.fingerprint } } }),
      ...(previous === undefined
        ? {}
        : { previous: { ...previous, key: { fingerprint: previous.key.fingerprint } } }),
    },
  };
}
