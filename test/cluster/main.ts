import { Command, InvalidArgumentError, Option } from 'commander';
import { isSkerryError, messageOf } from '../../content/error.ts';
import {
  clusterPrograms,
  isKubernetesMinor,
  isProgramName,
  type KubernetesMinor,
  kubernetesMinors,
  programs,
} from './builds/program.ts';
import { ensurePrograms, programCache } from './builds/programs.ts';
import { findCluster, startCluster, stopCluster } from './cluster.ts';
import { ensureHost } from './host.ts';
import { islandCounters } from './network/island.ts';
import { nodeProcess } from './node.ts';
import { hostGroups, isProxyMode, type ProxyMode, proxyModes } from './proxy-mode.ts';
import { DEFAULT_ROOT, listStates, runFolder } from './state.ts';

interface UpOptions {
  readonly install: boolean;
  readonly storage: boolean;
  readonly kubernetes?: KubernetesMinor;
  readonly proxy?: ProxyMode;
}

const say = (line: string) => console.error(line);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
const limits = { onProgress: say, signal: interrupted.signal };
const cache = programCache(process.env);

const kubernetesOption = () =>
  new Option('--kubernetes <minor>', `the version of Kubernetes: ${kubernetesMinors.join(', ')}`).argParser(
    (text): KubernetesMinor => {
      if (isKubernetesMinor(text)) return text;
      throw new InvalidArgumentError(`Known are ${kubernetesMinors.join(', ')}.`);
    },
  );
const proxyOption = new Option('--proxy <mode>', `kube-proxy's mode: ${proxyModes.join(', ')}`).argParser(
  (text): ProxyMode => {
    if (isProxyMode(text)) return text;
    throw new InvalidArgumentError(`Known are ${proxyModes.join(', ')}.`);
  },
);

const cli = new Command('node test/cluster/main.ts')
  .description(
    'Kubernetes clusters of one node for tests and the demo, on islands: networks without a way out.',
  )
  .enablePositionalOptions();

cli
  .command('up')
  .description('starts a cluster that runs until it is taken down')
  .argument('<name>', 'lowercase letters, digits and dashes')
  .option('--no-storage', 'without any StorageClass')
  .option('--no-install', 'installs no missing Debian packages')
  .addOption(kubernetesOption())
  .addOption(proxyOption)
  .action(async (name: string, { install, storage, kubernetes, proxy: proxyMode }: UpOptions) => {
    await ensureHost({ install, groups: hostGroups(proxyMode), ...limits });
    const paths = await ensurePrograms(clusterPrograms, { cache, kubernetes, ...limits });
    const cluster = await startCluster({ name, programs: paths, proxyMode, keep: true, storage, ...limits });
    console.log(`kubeconfig: ${cluster.kubeconfig}`);
    console.log(`node: ${cluster.nodeAddress}, workstation: ${cluster.workstation.address}`);
    console.log(`logs: ${cluster.folder}/log`);
    console.log(`run a command there: node test/cluster/main.ts exec ${name} COMMAND`);
    cluster.api.close();
  });

cli
  .command('down')
  .description('stops clusters and clears away all that is left of them')
  .argument('<names...>')
  .action(async (names: string[]) => {
    for (const name of names) await stopCluster(name);
  });

cli
  .command('list')
  .description('lists clusters, also those that a crash has left behind')
  .action(async () => {
    for (const { name, owner } of await listStates(DEFAULT_ROOT)) {
      const running = (await nodeProcess(runFolder(DEFAULT_ROOT, name))) !== undefined;
      const whose = owner === null ? '' : ` (of process ${owner.pid})`;
      console.log(`${name}\t${running ? 'running' : 'not running'}${whose}`);
    }
  });

cli
  .command('exec')
  .description("runs a command in the cluster's workstation, with the administrator's KUBECONFIG")
  .argument('<name>')
  .argument('<command...>')
  .option('--node', 'in the node itself instead, among its processes (write it before the name)')
  .passThroughOptions()
  .action(async (name: string, words: string[], options: { node?: true }) => {
    const [file = '', ...args] = words[0] === '--' ? words.slice(1) : words;
    const cluster = await findCluster(name);
    if (options.node) {
      console.log(await cluster.execInNode(file, args));
    } else {
      const env = { KUBECONFIG: cluster.kubeconfig };
      const result = await cluster.workstation.exec(file, args, { env, signal: interrupted.signal });
      process.stdout.write(`${result.stdout}\n`);
      process.stderr.write(`${result.stderr}\n`);
      process.exitCode = result.exitCode ?? 1;
    }
    cluster.api.close();
  });

cli
  .command('counters')
  .description('shows what tried to leave the island')
  .argument('<name>')
  .action(async (name: string) => {
    const cluster = await findCluster(name);
    console.log(JSON.stringify(await islandCounters(cluster), null, 2));
    cluster.api.close();
  });

cli
  .command('programs')
  .description('gets programs into the cache and prints their paths')
  .argument('[names...]', Object.keys(programs).join(', '), clusterPrograms)
  .addOption(kubernetesOption())
  .action(async (names: string[], { kubernetes }: Pick<UpOptions, 'kubernetes'>) => {
    const known = names.filter(isProgramName);
    if (known.length < names.length)
      cli.error(`unknown program; known are ${Object.keys(programs).join(', ')}`);
    const paths = await ensurePrograms(known, { cache, kubernetes, ...limits });
    for (const path of Object.values(paths)) console.log(path);
  });

try {
  await cli.parseAsync();
} catch (error) {
  say(interrupted.signal.aborted ? 'interrupted; nothing is left of it' : `error: ${messageOf(error)}`);
  if (isSkerryError(error)) say(`${error.code}: ${error.remedy}`);
  process.exitCode = interrupted.signal.aborted ? 130 : isSkerryError(error) ? error.exit : 1;
}
