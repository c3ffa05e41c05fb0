import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterPrograms } from '../../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../../cluster/cluster.ts';
import { ensureHost } from '../../cluster/host.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { untilQuiet } from '../../install/cluster-contents.ts';
import { ensureStick } from '../../install/stick.ts';
import { benchError } from '../errors.ts';
import { type StepRun, StepTimer } from './steps.ts';

export interface InstallBenchOptions {
  readonly rounds: number;
  /** The folder of a stick that an older version made, to be compared with. */
  readonly stickBefore?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

export const WORKS = ['install', 'install again', 'uninstall'] as const;
type InstallWork = (typeof WORKS)[number];

/** One run of a program to its end. */
export interface InstallRun {
  readonly seconds: number;
  readonly steps: readonly StepRun[];
}

export interface InstallContender {
  readonly name: string;
  readonly runs: Readonly<Record<InstallWork, InstallRun[]>>;
}

interface StickPath {
  readonly folder: string;
  /** Of the vendor's public key. */
  readonly key: string;
}

/**
 * Installs, installs again and uninstalls the platform's release on one running cluster, the sticks in turn, round by
 * round. The older one comes first.
 */
export async function runInstallBench(options: InstallBenchOptions): Promise<InstallContender[]> {
  const { rounds, stickBefore, signal, onProgress } = options;
  await ensureHost({ install: true, groups: ['cluster', 'build'], onProgress, signal });
  const { folder, publicKeyPath } = await ensureStick({ onProgress, signal });
  const sticks = new Map<string, StickPath>([
    ...(stickBefore === undefined ? [] : [['before', await olderStick(stickBefore)] as const]),
    ['now', { folder, key: publicKeyPath }],
  ]);
  const programs = await ensurePrograms(clusterPrograms, {
    cache: programCache(process.env),
    onProgress,
    signal,
  });
  const cluster = await startCluster({ name: 'bench', programs, signal, onProgress });
  try {
    const found = [...sticks].map(([name, stick]) => ({ name, stick, runs: emptyRuns() }));
    for (let round = 0; round < rounds; round++) {
      for (const { name, stick, runs } of found) {
        for (const work of WORKS) {
          await untilQuiet(cluster);
          const run = await timed(cluster, stick, work, signal);
          runs[work].push(run);
          onProgress(`${name}: ${work} ${run.seconds.toFixed(2)} s`);
        }
      }
    }
    return found.map(({ name, runs }) => ({ name, runs }));
  } finally {
    await cluster.stop();
  }
}

function emptyRuns(): Record<InstallWork, InstallRun[]> {
  return { install: [], 'install again': [], uninstall: [] };
}

async function olderStick(folder: string): Promise<StickPath> {
  const names = await readdir(folder);
  const missing = ['skerry', 'release.pub'].find((name) => !names.includes(name));
  if (missing !== undefined)
    throw benchError('BENCH_USAGE', { subject: folder, detail: `no ${missing} in it` });
  return { folder, key: join(folder, 'release.pub') };
}

async function timed(
  { workstation, kubeconfig }: Cluster,
  { folder, key }: StickPath,
  work: InstallWork,
  signal: AbortSignal,
): Promise<InstallRun> {
  const args = work === 'uninstall' ? ['uninstall', '--yes'] : ['install', folder, '--key', key];
  const timer = new StepTimer();
  const started = performance.now();
  const child = workstation.exec(join(folder, 'skerry'), args, {
    env: { KUBECONFIG: kubeconfig, CI: 'true' },
    signal,
  });
  child.stderr?.on('data', (chunk: Buffer) => timer.take(chunk.toString(), performance.now()));
  const { exitCode, all } = await child;
  if (exitCode !== 0) throw benchError('BENCH_RUN_FAILED', { subject: `skerry ${work}`, detail: `\n${all}` });
  return { seconds: (performance.now() - started) / 1000, steps: timer.steps };
}
