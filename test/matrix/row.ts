import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { clusterPrograms, type KubernetesMinor } from '../cluster/builds/program.ts';
import { ensurePrograms } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { attemptsBetween, islandCounters } from '../cluster/network/island.ts';
import { hostGroups, type ProxyMode } from '../cluster/proxy-mode.ts';
import { names, runningContainers, untilQuiet } from '../install/cluster-contents.ts';
import { failing, skerry } from '../install/installer-run.ts';
import type { StickFixture } from '../install/stick.ts';

/** A kind of cluster that the release is tried on. */
export interface Row {
  readonly kubernetes: KubernetesMinor;
  readonly proxy: ProxyMode;
}

/** What was seen, step by step; a step that failed ends the row. */
export interface RowResult extends Row {
  readonly steps: readonly StepResult[];
  readonly passed: boolean;
}

export interface StepResult {
  readonly step: string;
  readonly seen: string;
  readonly passed: boolean;
  readonly seconds: number;
}

export interface RowOptions {
  readonly cache: string;
  readonly stick: StickFixture;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** What a step has to end in: the text is what was seen. Throws where it is not as it should be. */
type StepWork = () => Promise<string>;

const Install = z.looseObject({ changed: z.boolean() });
const Status = z.looseObject({
  healthy: z.boolean(),
  registry: z.string(),
  images: z.looseObject({ way: z.string(), apiVersion: z.string().optional() }),
});
const NodeConfig = z.looseObject({
  nodes: z.array(z.looseObject({ files: z.array(z.looseObject({ path: z.string(), text: z.string() })) })),
});
/** Where nodes keep it; in a test cluster it is in the cluster's own folder. */
const CERTS = '/etc/containerd/certs.d/';

/** Starts the cluster, installs, installs again, uninstalls, and compares what is left with what was there. */
export async function runRow(row: Row, options: RowOptions): Promise<RowResult> {
  const { cache, onProgress, signal } = options;
  const { kubernetes, proxy } = row;
  const steps: StepResult[] = [];
  let cluster: Cluster | undefined;
  const step = async (name: string, work: StepWork) => {
    const began = performance.now();
    const result = await work().then(
      (seen) => ({ seen, passed: true }),
      (error: unknown) => ({ seen: messageOf(error), passed: false }),
    );
    steps.push({ step: name, ...result, seconds: Math.round((performance.now() - began) / 100) / 10 });
    onProgress(`  ${result.passed ? 'ok  ' : 'FAIL'} ${name}: ${result.seen}`);
    if (!result.passed) throw new StepFailed();
  };
  try {
    await step('start', async () => {
      await ensureHost({ install: true, groups: hostGroups(proxy), onProgress, signal });
      const programs = await ensurePrograms(clusterPrograms, { cache, kubernetes, onProgress, signal });
      cluster = await startCluster({ name: 'matrix', programs, proxyMode: proxy, onProgress, signal });
      await untilQuiet(cluster);
      const version = await cluster.api.get('/version');
      return z.looseObject({ gitVersion: z.string() }).parse(version).gitVersion;
    });
    if (cluster !== undefined) await tryRelease(cluster, row, options.stick, step);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    await cluster?.stop();
  }
  return { ...row, steps, passed: steps.every(({ passed }) => passed) };
}

class StepFailed extends Error {}

async function tryRelease(
  cluster: Cluster,
  { proxy }: Row,
  stick: StickFixture,
  step: (name: string, work: StepWork) => Promise<void>,
): Promise<void> {
  const pristine = await names(cluster);
  const install = ['install', stick.folder, '--key', stick.publicKeyPath];
  if (proxy === 'nftables') {
    await step('refuse', async () => {
      const { codes, exitCode, output } = await failing(cluster, stick, install);
      must(codes.at(-1) === 'NODE_PORT_UNANSWERED' && exitCode === 4, output);
      must(same(await settledNames(cluster, pristine), pristine), 'the refused installation left something');
      return 'NODE_PORT_UNANSWERED, nothing changed';
    });
    await step('node files', () => layDownNodeFiles(cluster, stick, []));
  }
  await step('install', async () => {
    const { changed } = Install.parse(
      JSON.parse(await skerry(cluster, stick, [...install, '--output', 'json'])),
    );
    must(changed, 'nothing was changed');
    return 'installed';
  });
  let way = '';
  await step('status', async () => {
    const text = await skerry(cluster, stick, ['status', '--output', 'json']);
    const { healthy, registry, images } = Status.parse(JSON.parse(text));
    must(healthy && registry === 'cluster', text);
    way = images.way;
    return `healthy, later pods: ${images.way}${images.apiVersion === undefined ? '' : ` (${images.apiVersion})`}`;
  });
  // The other way for what operators make: files on the nodes for the hosts that images come from.
  if (way === 'none') await step('origin files', () => layDownNodeFiles(cluster, stick, [stick.folder]));
  if (way === 'none') {
    await step('check', async () => {
      await skerry(cluster, stick, ['node-config', stick.folder, '--check']);
      return 'every node pulls by original names';
    });
  }
  await step('later pod', () => runLaterPod(cluster));
  await step('again', async () => {
    const { changed } = Install.parse(
      JSON.parse(await skerry(cluster, stick, [...install, '--output', 'json'])),
    );
    must(!changed, 'something was changed');
    return 'nothing changed';
  });
  await step('uninstall', async () => {
    await skerry(cluster, stick, ['uninstall', '--yes']);
    const left = await settledNames(cluster, pristine);
    must(same(left, pristine), left.filter((name) => !pristine.includes(name)).join(', '));
    return 'nothing left';
  });
}

/** Has a pod made as an operator would, with an image as its author calls it, and sees it run. */
async function runLaterPod(cluster: Cluster): Promise<string> {
  const path = '/api/v1/namespaces/default/pods/later';
  const before = await islandCounters(cluster);
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'later', namespace: 'default' },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'later', image: LATER_IMAGE }] },
  });
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    const found = (await runningContainers(cluster)).find(({ pod }) => pod === 'default/later');
    if (found?.ready) {
      must(
        attemptsBetween(before, await islandCounters(cluster)) === 0,
        'something tried to leave the island',
      );
      await cluster.api.remove(path);
      return `${LATER_IMAGE} runs as ${found.image}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`it does not run: ${JSON.stringify(await cluster.api.get(path))}`);
}

async function layDownNodeFiles(
  cluster: Cluster,
  stick: StickFixture,
  args: readonly string[],
): Promise<string> {
  const { nodes } = NodeConfig.parse(
    JSON.parse(await skerry(cluster, stick, ['node-config', ...args, '--output', 'json'])),
  );
  const files = nodes.flatMap((node) => node.files);
  for (const { path, text } of files) {
    must(path.startsWith(CERTS), path);
    const target = join(cluster.folder, 'config/certs.d', path.slice(CERTS.length));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return files.map(({ path }) => path).join(', ');
}

/** An image of the release that nothing of it runs. */
const LATER_IMAGE = 'registry.skerry.example/pause:1.0.0';
const SETTLE_TRIES = 60;

/** Controllers take a moment to tidy up after what is gone. */
async function settledNames(cluster: Cluster, wanted: readonly string[]): Promise<string[]> {
  let left = await names(cluster);
  for (let tries = 0; !same(left, wanted) && tries < SETTLE_TRIES; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    left = await names(cluster);
  }
  return left;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n') === b.join('\n');
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
