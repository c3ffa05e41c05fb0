import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { installerError } from '../errors.ts';
import { addressFile, type NodeFile, nodeScript, originFiles } from '../images/node-files.ts';
import { checkOrigin } from '../images/origin-check.ts';
import { nodeAddress } from '../preflight/cluster-facts.ts';
import { smallestImage } from '../smallest-image.ts';
import { findStick } from '../stick/stick.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  kubeconfigPath,
} from '../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';

interface NodeConfigOptions extends ClusterOptions {
  readonly node?: string;
  readonly check?: boolean;
}

export function nodeConfigCommand(console: Console): Command {
  return addClusterOptions(new Command('node-config'))
    .argument('[stick]', 'a stick or a bundle: also for the hosts that its images come from')
    .option('--node <name>', 'for this node only')
    .option('--check', 'have nodes pull an image of the stick by its original name, and say which can')
    .addHelpText(
      'after',
      '\nNeeded on each node where kube-proxy does not answer NodePorts on 127.0.0.1 (its nftables mode); with a stick, also where\nthe cluster has no MutatingAdmissionPolicy, for pods that operators make. Prints a shell script per node and changes nothing.\n\nExamples:\n  skerry node-config\n  skerry node-config stick/ --node worker-1 | ssh worker-1 sudo sh\n  skerry node-config stick/ --check',
    )
    .action(async (path: string | undefined, options: NodeConfigOptions, command: Command) => {
      const { output } = globalOptions(command);
      if (options.check) {
        await check(console, path, options, output);
        return;
      }
      const nodes = await interruptible(
        (signal) => nodeFiles(console, path, options, signal),
        (error) => reportError(console, output, error),
      );
      print(console, output, { nodes }, () =>
        nodes.map(({ node, files }) => nodeScript(node, files)).join('\n'),
      );
    });
}

/** Exits with 1 where a node can't pull. */
async function check(
  console: Console,
  path: string | undefined,
  options: NodeConfigOptions,
  output: OutputFormat,
): Promise<void> {
  if (path === undefined)
    throw installerError('USAGE', { subject: 'skerry node-config --check', detail: 'it needs the stick' });
  const { release, store } = await peekRelease((await findStick(path)).bundle);
  const { reference: image } = await smallestImage({ release, store }).finally(() => store.close());
  const pulls = await interruptible(
    async (signal) => {
      const { client, nodes } = await readNodes(console, options, signal);
      const random = () => randomBytes(6).toString('hex');
      return await checkOrigin({ client, image, nodes: nodes.map(({ name }) => name), random, signal });
    },
    (error) => reportError(console, output, error),
  );
  print(console, output, { image, nodes: pulls }, () =>
    pulls.map(({ node, pulled, problem }) => `${node}: ${pulled ? `pulls ${image}` : problem}`).join('\n'),
  );
  if (pulls.some(({ pulled }) => !pulled)) process.exitCode = 1;
}

async function readNodes(console: Console, options: NodeConfigOptions, signal: AbortSignal) {
  const kubeconfig = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path: kubeconfig, context: options.context });
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Node' }, { signal });
  const nodes = items
    .filter(({ metadata }) => options.node === undefined || metadata.name === options.node)
    .map((node) => ({ name: node.metadata.name, address: nodeAddress(node) }));
  return { client, nodes };
}

async function nodeFiles(
  console: Console,
  path: string | undefined,
  options: NodeConfigOptions,
  signal: AbortSignal,
): Promise<{ node: string; files: NodeFile[] }[]> {
  const references = path === undefined ? [] : await imagesOf(path);
  const { nodes } = await readNodes(console, options, signal);
  return nodes.flatMap(({ name, address }) =>
    address === undefined
      ? []
      : [{ node: name, files: [addressFile(address), ...originFiles(references, address)] }],
  );
}

async function imagesOf(path: string): Promise<string[]> {
  const { release, store } = await peekRelease((await findStick(path)).bundle);
  await store.close();
  return release.images.map(({ reference }) => reference);
}
