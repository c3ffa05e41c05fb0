import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import type { ConflictPolicy } from '../../apply/release/owners.ts';
import { hashPassword } from '../../registry/access/passwords/password-hash.ts';
import { requestLogFile } from '../address/request-log-file.ts';
import { openSeed } from '../address/seed.ts';
import type { InstallContext } from '../install.ts';
import { describeRun, unfinishedRun } from '../record/last-run.ts';
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
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { nameOfUser } from '../terminal/local-user.ts';
import type { StepTime } from '../terminal/steps.ts';
import { describePlan, finish, planResult } from './install-report.ts';
import { check, runAll, verifyBundle } from './install-steps.ts';
import { helmOf, trustedKey } from './stick-inputs.ts';

interface InstallCommandOptions extends ClusterOptions {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly storageClass?: string;
  readonly storageSize: string;
  readonly address?: string;
  readonly port?: number;
  readonly registry?: string;
  readonly requestLog?: string;
  readonly helm?: string;
  readonly release?: string;
  readonly adopt?: readonly string[];
  readonly onConflict: ConflictPolicy;
  readonly dryRun?: boolean;
}

export function installCommand(console: Console): Command {
  return addClusterOptions(new Command('install'))
    .argument('<stick>', 'a stick’s folder or a bundle')
    .option('--key <file>', 'the vendor’s public key; $SKERRY_KEY otherwise')
    .option(
      '--fingerprint <text>',
      'the fingerprint of the key, told by the vendor; then the key on the stick may be used',
    )
    .option('--storage-class <name>', 'for the private registry; the cluster’s default otherwise')
    .option('--storage-size <quantity>', 'size of the private registry’s volume', '20Gi')
    .option('--address <ip>', 'the address under which nodes reach this workstation')
    .option('--port <port>', 'the port that they use; any free one otherwise', parsePort)
    .option(
      '--registry <host:port>',
      'where the bundle is served already (skerry registry serve), if nodes can’t reach this workstation',
    )
    .option('--request-log <file>', 'add what nodes ask this workstation for to a file, as lines of JSON')
    .option('--helm <file>', 'a helm program; the stick’s otherwise')
    .option('--release <version>', 'which release, where the stick has several')
    .option(
      '--adopt <object>',
      'take over what is there under a name of the release and belongs to somebody else; may be given again; a dry run says the words, “all” is one for all',
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
    .option('--dry-run', 'check everything, say what would be done, and stop')
    .addHelpText(
      'after',
      '\nIt may be stopped at any moment, by Ctrl-C or a power cut: run it again, from here or from another workstation,\nand it goes on. On a cluster where the release is installed it changes nothing.\n\nExamples:\n  stick/skerry install stick/ --key vendor.pub\n  stick/skerry install stick/ --key vendor.pub --dry-run\n  stick/skerry install stick/ --key vendor.pub --storage-class fast --storage-size 100Gi',
    )
    .action(async (path: string, options: InstallCommandOptions, command: Command) => {
      const { output } = globalOptions(command);
      await interruptible(
        (signal) => install(console, path, options, output, signal),
        (error) => reportError(console, output, error),
      );
    });
}

async function install(
  console: Console,
  path: string,
  options: InstallCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const stick = await findStick(path, options.release);
  const kubeconfig = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const key = await trustedKey(console, stick, options, client, signal);
  await withScratch(tmpdir(), async (scratch) => {
    const { bundle, times } = await verifyBundle(console, output, stick, key, signal);
    try {
      const helm = openHelm(
        await helmOf(stick, bundle, options, scratch, console),
        join(scratch, 'helm-home'),
        console.env,
        { kubeconfig, context: options.context },
      );
      const context: InstallContext = {
        client,
        helm,
        bundle,
        key,
        scratch,
        onConflict: options.onConflict,
        storage: { className: options.storageClass, size: options.storageSize },
        adopt: options.adopt ?? [],
        by: `${nameOfUser()}@${hostname()}`,
        random: () => randomBytes(20).toString('hex'),
        hashPassword: (password) => hashPassword(password, randomBytes(16)),
        signal,
      };
      await installVerified(console, context, options, output, { started, times });
    } finally {
      await bundle.store.close();
    }
  });
}

async function installVerified(
  console: Console,
  context: InstallContext,
  options: InstallCommandOptions,
  output: 'text' | 'json',
  { started, times }: { started: number; times: readonly StepTime[] },
) {
  const { bundle, signal } = context;
  const checked = await check(console, context, output);
  const plan = checked.plan;
  const before = [...times, ...checked.times];
  const last = unfinishedRun(plan.found);
  if (last !== undefined && output === 'text' && !options.dryRun)
    console.stderr.write(`last run: ${describeRun(last)}\n`);
  const pending = plan.phases.filter(({ state }) => state === 'run');
  if (plan.found?.state === 'installed' && pending.length === 0) {
    finish(console, output, context, plan, { changed: false, started, times: before });
    return;
  }
  if (options.dryRun) {
    print(console, output, planResult(plan), () => describePlan(plan));
    return;
  }
  const seed = await openSeed({
    store: bundle.store,
    release: bundle.address,
    server: context.client.server,
    address: options.address,
    port: options.port,
    registry: options.registry,
    log: requestLogFile(options.requestLog),
    signal,
  });
  let carriedOut: Awaited<ReturnType<typeof runAll>>;
  try {
    carriedOut = await runAll(console, context, plan, seed, output);
  } finally {
    await seed.close();
  }
  finish(console, output, context, carriedOut.plan, {
    changed: true,
    started,
    times: [...before, ...carriedOut.times],
  });
}
