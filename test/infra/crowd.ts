import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from '../../manifests/node-flags.ts';
import { bundleCode } from '../../scripts/bundle-code.ts';
import { startCountingFront } from './counting-front.ts';
import { GatewayWorld } from './gateway-world.ts';
import { VsphereBench } from './vsphere-bench.ts';

export interface Crowd {
  readonly machines: number;
  /** From the start of the controllers until all machines run. */
  readonly seconds: number;
  /** Resident memory of `skerry infra` then. */
  readonly bytes: number;
  /** In vCenter, of the account: while it works and after it has ended. */
  readonly sessions: { readonly working: number; readonly ended: number };
  /** Lines of its log that are errors. */
  readonly errors: readonly string[];
  /** What vCenter was asked, by method. */
  readonly calls: ReadonlyMap<string, number>;
  /** How many machines vCenter has that run. */
  readonly running: number;
  readonly exitCode: number | null;
}

const LIMIT_MS = 900_000;

/** Asks for so many clusters at once of `skerry infra`, as the image of pack infra runs it, at a vCenter whose machines don't boot. */
export async function makeCrowd(clusters: number, machinesOfEach: number): Promise<Crowd> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'skerry-infra-'));
  stack.defer(async () => await rm(folder, { recursive: true, force: true }));
  const code = join(folder, 'code');
  await bundleCode(code);
  const bench = stack.adopt(await VsphereBench.start(), async (one) => await one.close());
  const front = stack.adopt(await startCountingFront(bench.account.endpoint ?? ''), async (one) => {
    await one.close();
  });
  const account = { ...bench.account, endpoint: front.url, ca: front.ca };
  const world = stack.adopt(
    await GatewayWorld.start({ account, credentials: bench.credentials }),
    async (one) => await one.stop(),
  );
  const names = putClusters(world, clusters, machinesOfEach);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(world.server.url));
  const args = ['infra', '--kubeconfig', kubeconfig, '--namespace', 'skerry-infra', '--probe-port', '0'];
  const began = performance.now();
  const controllers = spawn(
    process.execPath,
    [...AGENT_NODE_FLAGS, join(code, 'skerry.mjs'), ...args, '--max-concurrent', '20'],
    { env: { ...process.env, ...AGENT_ENVIRONMENT }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  stack.defer(() => void controllers.kill('SIGKILL'));
  let log = '';
  controllers.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const isRunning = (name: string) => world.condition('SkerryMachine', name)?.status === 'True';
  const ended = once(controllers, 'exit').then(() => {
    throw new Error(`the controllers ended:\n${log}`);
  });
  await Promise.race([world.until('all run', () => names.every(isRunning), LIMIT_MS), ended]);
  ended.catch(() => undefined);
  const seconds = (performance.now() - began) / 1000;
  const bytes = await residentBytes(controllers.pid ?? 0);
  const working = await bench.sessions();
  const seen = (await bench.inventory()).filter(({ name, isOn }) => isOn && names.includes(name));
  const calls = new Map(front.calls);
  controllers.kill('SIGTERM');
  if (controllers.exitCode === null) await once(controllers, 'exit');
  return {
    ...{ machines: names.length, seconds, bytes, calls, running: seen.length },
    sessions: { working, ended: await bench.sessions() },
    errors: log.split('\n').filter((line) => line.includes('"level":"error"')),
    exitCode: controllers.exitCode,
  };
}

function putClusters(world: GatewayWorld, clusters: number, machinesOfEach: number): string[] {
  const names: string[] = [];
  for (let cluster = 0; cluster < clusters; cluster++) {
    world.putCluster(`c${cluster}`);
    for (let machine = 0; machine < machinesOfEach; machine++) {
      names.push(`c${cluster}-m${machine}`);
      world.putMachine(`c${cluster}`, `c${cluster}-m${machine}`);
    }
  }
  return names;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}
