import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '../../../apply/client/kube.ts';
import { hashPassword } from '../../../registry/access/passwords/password-hash.ts';
import { requestLogFile } from '../../address/request-log-file.ts';
import { openSeed } from '../../address/seed.ts';
import type { InstallContext } from '../../install.ts';
import { describeRun, unfinishedRun } from '../../record/last-run.ts';
import { withScratch } from '../../scratch.ts';
import { openHelm } from '../../stick/helm-program.ts';
import { findInstallable } from '../../stick/stick.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, print } from '../../terminal/console.ts';
import { nameOfUser } from '../../terminal/local-user.ts';
import type { StepTime } from '../../terminal/steps.ts';
import type { InstallCommandOptions } from '../install/install.ts';
import { describePlan, finish, planResult } from '../install/install-report.ts';
import { check, runAll, verifyBundle } from '../install/install-steps.ts';
import { helmOf, trustedKey } from '../stick-inputs.ts';

export async function runInstall(
  console: Console,
  path: string,
  options: InstallCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const stick = await findInstallable(path, { version: options.release, volumes: options.volumes });
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
