import { randomBytes } from 'node:crypto';
import { connectCluster } from '../../../apply/client/kube.ts';
import { peekRelease } from '../../../bundle/release-bundle.ts';
import { installerError } from '../../errors.ts';
import { addressFile, type NodeFile, nodeScript, originFiles } from '../../images/node-files.ts';
import { checkOrigin } from '../../images/origin-check.ts';
import { nodeAddress } from '../../preflight/cluster-facts.ts';
import { smallestImage } from '../../smallest-image.ts';
import { findStick } from '../../stick/stick.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import type { NodeConfigOptions } from '../node-config.ts';

export async function runNodeConfig(
  console: Console,
  path: string | undefined,
  options: NodeConfigOptions,
  output: OutputFormat,
): Promise<void> {
  if (options.check) {
    await check(console, path, options, output);
    return;
  }
  const nodes = await interruptible(
    (signal) => nodeFiles(console, path, options, signal),
    (error) => reportError(console, output, error),
  );
  print(console, output, { nodes }, () => nodes.map(({ node, files }) => nodeScript(node, files)).join('\n'));
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
