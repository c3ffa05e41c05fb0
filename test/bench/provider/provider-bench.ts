import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScriptedHub } from '../../../platform/hub/testing/scripted-hub.ts';
import { startCore } from '../../../platform/provider/testing/core.ts';
import { bundleCode } from '../../../scripts/bundle-code.ts';
import { makeExecutable } from '../../../scripts/executable/executable.ts';
import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { ensureHost } from '../../cluster/host.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { providerMirror, Tofu } from '../../provider/tofu.ts';
import { benchError } from '../errors.ts';
import { endedChildrenSeconds, peakMemory, processSeconds } from '../process-tree.ts';

export interface ProviderBenchOptions {
  readonly rounds: number;
  /** Measure this program in place of one that is built from the sources. */
  readonly program?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

/** What one start until the schema is there takes, in seconds of processor time and bytes of memory. */
export interface Start {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Processor seconds of OpenTofu and the provider together. */
export interface Planning {
  /** Of objects that are to be made: each is judged by the hub. */
  readonly fresh: number;
  /** Of objects that are there: each is read. */
  readonly settled: number;
}

export interface ProviderBenchResult {
  readonly resources: number;
  readonly own: { readonly starts: readonly Start[]; readonly plans: readonly Planning[] };
  readonly twin: { readonly starts: readonly Start[]; readonly plans: readonly Planning[] };
}

const RESOURCES = 50;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const SIDES = ['own', 'twin'] as const;
type Side = (typeof SIDES)[number];

/**
 * Measures the provider against one in Go that does for one resource what it does for all: starts until the schema is
 * there, and plans of 50 profiles by OpenTofu, in turn, on one hub that costs neither.
 */
export async function runProviderBench(options: ProviderBenchOptions): Promise<ProviderBenchResult> {
  const { rounds, signal, onProgress } = options;
  await ensureHost({ install: true, groups: ['build'], onProgress, signal });
  const cache = programCache(process.env);
  const programs = await ensurePrograms(['tofu', 'provider-twin'], { cache, onProgress, signal });
  const folder = await mkdtemp(join(tmpdir(), 'skerry-bench-provider-'));
  const hub = await startScriptedHub({ permits: () => true });
  try {
    hub.cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
    for (const name of SIDES)
      hub.cluster.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'skerry.dev/project': 'true' } },
      });
    await hub.server.listen({ port: 0, host: '127.0.0.1' });
    const address = hub.server.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const skerry = options.program ?? (await buildProgram(folder, onProgress));
    const env = {
      ...(await providerMirror(folder, skerry, { twin: programs['provider-twin'] })),
      SKERRY_HUB: `https://localhost:${port}`,
      SKERRY_CA: hub.ca,
      SKERRY_TOKEN: 'bench',
    };
    const providers = { own: skerry, twin: programs['provider-twin'] };
    const measured: Record<Side, { starts: Start[]; plans: Planning[] }> = {
      own: { starts: [], plans: [] },
      twin: { starts: [], plans: [] },
    };
    for (let round = 0; round < rounds; round++)
      for (const side of SIDES) {
        signal.throwIfAborted();
        const tofu = new Tofu({ program: programs.tofu, folder: join(folder, side), env });
        const { starts, plans } = measured[side];
        starts.push(await measureStart(providers[side]));
        await tofu.configure(configurationOf(side, round));
        await run(tofu, 'init', '-input=false');
        const fresh = await cpuOf(async () => await run(tofu, 'plan', '-input=false', '-refresh=true'));
        await run(tofu, 'apply', '-input=false', '-auto-approve');
        const settled = await cpuOf(
          async () => await run(tofu, 'plan', '-input=false', '-detailed-exitcode'),
        );
        // The next round makes others.
        await rm(join(tofu.folder, 'terraform.tfstate'));
        plans.push({ fresh, settled });
        onProgress(`${side}: plan of ${RESOURCES} ${fresh.toFixed(2)} s, again ${settled.toFixed(2)} s`);
      }
    return { resources: RESOURCES, ...measured };
  } finally {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildProgram(folder: string, onProgress: Progress): Promise<string> {
  onProgress('building skerry');
  await bundleCode(join(folder, 'code'));
  await makeExecutable(join(folder, 'code'), join(folder, 'skerry'));
  return join(folder, 'skerry');
}

async function measureStart(program: string): Promise<Start> {
  // The one in Go tells of every step otherwise.
  const core = await startCore([program], { TF_LOG: 'OFF', TF_LOG_SDK: 'OFF' });
  const pid = core.process.pid ?? 0;
  await core.provider.getProviderSchema({});
  const start = { cpuSeconds: processSeconds(pid), peakBytes: peakMemory(pid) };
  core.process.kill('SIGKILL');
  return start;
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = endedChildrenSeconds();
  await work();
  return endedChildrenSeconds() - before;
}

async function run(tofu: Tofu, ...args: readonly string[]): Promise<void> {
  const { exitCode, output } = await tofu.run(...args);
  if (exitCode !== 0) throw benchError('BENCH_RUN_FAILED', { subject: `tofu ${args[0]}`, detail: output });
}

function configurationOf(side: Side, round: number): string {
  const [provider, type] =
    side === 'own' ? ['skerry', 'skerry_cluster_profile'] : ['twin', 'twin_cluster_profile'];
  return `terraform {
  required_providers {
    ${provider} = { source = "skerry.dev/skerry/${provider}" }
  }
}
resource "${type}" "many" {
  count   = ${RESOURCES}
  project = "${side}"
  name    = "edge-\${count.index}"
  version = "1.0.${round}"
  packs = [for name in ["network", "storage", "podinfo", "metrics", "logs"] :
    { name = name, version = "1.0.0", digest = "${DIGEST}", values = yamlencode({ replicas = count.index }) }
  ]
}
`;
}
