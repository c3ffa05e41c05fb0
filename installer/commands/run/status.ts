import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { systemClock } from '../../../apply/clock.ts';
import { withScratch } from '../../scratch.ts';
import { readStatus, type Status } from '../../status.ts';
import { findHelm, openHelm } from '../../stick/helm-program.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import { openRedraw } from '../../terminal/redraw.ts';
import type { StatusCommandOptions } from '../status/status.ts';
import { describeStatus } from '../status/status-text.ts';
import { watchStatus } from '../status/watch-status.ts';

export async function runStatus(
  console: Console,
  options: StatusCommandOptions,
  output: OutputFormat,
): Promise<void> {
  const status = await interruptible(
    async (signal) => await look(console, options, output, signal),
    (error) => reportError(console, output, error),
  );
  if (status === undefined) return;
  print(console, output, jsonOf(status), () => describeStatus(status));
  if (!status.healthy) process.exitCode = 1;
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
