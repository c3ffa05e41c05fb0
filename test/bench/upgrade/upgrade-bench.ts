import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { ensureHost } from '../../cluster/host.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { untilQuiet } from '../../install/cluster-contents.ts';
import type { StickFixture } from '../../install/stick.ts';
import { ensureReleases } from '../../upgrade/releases.ts';
import { benchError } from '../errors.ts';
import { channelCost } from './channel-cost.ts';

export interface UpgradeBenchOptions {
  readonly rounds: number;
  /** One round, and a small channel. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

/** One run of the program to its end. */
export interface MeasuredRun {
  readonly seconds: number;
  readonly phases: Readonly<Record<string, number>>;
  /** What this workstation was asked for, and what it sent. */
  readonly requests: number;
  readonly bytes: number;
}

export interface UpgradeBenchResult {
  /** Of the new release, into a cluster without any; and from the one before it. */
  readonly install: readonly MeasuredRun[];
  readonly upgrade: readonly MeasuredRun[];
  readonly channel: { readonly releases: number; readonly cpuSeconds: number };
}

const Times = z.looseObject({
  times: z.array(z.object({ id: z.string().optional(), durationMs: z.number() })).optional(),
});
const Asked = z.looseObject({ method: z.string(), bytesOut: z.number() });

/** Installs the new release, takes it away, installs the one before and upgrades it: on one cluster, in turn, round by round. */
export async function runUpgradeBench(options: UpgradeBenchOptions): Promise<UpgradeBenchResult> {
  const { quick, signal, onProgress } = options;
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'], onProgress, signal });
  const folder = await mkdtemp(join(tmpdir(), 'skerry-bench-upgrade-'));
  try {
    const releases = quick ? 50 : 1000;
    const cpuSeconds = await channelCost(join(folder, 'channel'), releases);
    onProgress(`a channel of ${releases} releases: ${cpuSeconds.toFixed(2)} s of processor time`);
    const stick = await ensureReleases(['2.0.0', '2.1.0'], { onProgress, signal });
    const programs = await ensurePrograms(clusterPrograms, {
      cache: programCache(process.env),
      onProgress,
      signal,
    });
    const cluster = await startCluster({ name: 'bench-upgrade', programs, signal, onProgress });
    try {
      const runs = { install: [] as MeasuredRun[], upgrade: [] as MeasuredRun[] };
      for (let round = 0; round < (quick ? 1 : options.rounds); round++) {
        const log = (name: string) => join(folder, `${round}-${name}.jsonl`);
        const run = async (from: StickFixture, args: readonly string[], name?: string) => {
          await untilQuiet(cluster);
          const measured = await measure(
            cluster,
            from,
            args,
            name === undefined ? undefined : log(name),
            signal,
          );
          onProgress(`${args[0]}: ${measured.seconds.toFixed(1)} s`);
          return measured;
        };
        const [old, next] = [stick('2.0.0'), stick('2.1.0')];
        const place = ({ folder: path, publicKeyPath }: StickFixture) => [path, '--key', publicKeyPath];
        runs.install.push(await run(next, ['install', ...place(next)], 'install'));
        await run(next, ['uninstall', '--yes']);
        await run(old, ['install', ...place(old)]);
        runs.upgrade.push(await run(next, ['upgrade', ...place(next), '--yes'], 'upgrade'));
        await run(next, ['uninstall', '--yes']);
      }
      return { ...runs, channel: { releases, cpuSeconds } };
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  { workstation, kubeconfig }: Cluster,
  { folder }: StickFixture,
  args: readonly string[],
  log: string | undefined,
  signal: AbortSignal,
): Promise<MeasuredRun> {
  const started = performance.now();
  const logged = log === undefined ? [] : ['--request-log', log];
  const { exitCode, stdout, all } = await workstation.exec(
    join(folder, 'skerry'),
    [...args, ...logged, '--output', 'json'],
    { env: { KUBECONFIG: kubeconfig, CI: 'true' }, signal },
  );
  if (exitCode !== 0)
    throw benchError('BENCH_RUN_FAILED', { subject: `skerry ${args[0]}`, detail: `\n${all}` });
  const seconds = (performance.now() - started) / 1000;
  const { times = [] } = Times.parse(JSON.parse(stdout));
  const phases = Object.fromEntries(times.map(({ id, durationMs }) => [id ?? '', durationMs / 1000]));
  const text = log === undefined ? '' : await readFile(log, 'utf8').catch(() => '');
  const asked = text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => Asked.safeParse(JSON.parse(line)).data ?? []);
  const bytes = asked.reduce((sum, { method, bytesOut }) => sum + (method === 'GET' ? bytesOut : 0), 0);
  return { seconds, phases, requests: asked.length, bytes };
}
