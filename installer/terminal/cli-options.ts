import { type Command, InvalidArgumentError, Option } from 'commander';
import { installerError } from '../errors.ts';
import type { OutputFormat } from './console.ts';
import { parseQuantity } from './units.ts';

/** Options that every command has. Throws USAGE for YAML, which only the commands that work with a hub print. */
export function globalOptions(command: Command): { output: OutputFormat } {
  const { output } = command.optsWithGlobals<{ output: OutputFormat | 'yaml' }>();
  if (output === 'yaml')
    throw installerError('USAGE', {
      subject: '--output yaml',
      detail: `${command.name()} prints text or json`,
    });
  return { output };
}

/** The options by which commands find a cluster. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'which cluster; $KUBECONFIG or ~/.kube/config otherwise')
    .option('--context <name>', 'a context of the kubeconfig');
}

/** The kubeconfig that kubectl would take. Several files in KUBECONFIG are not merged: the first is used. */
export function kubeconfigPath(options: ClusterOptions, env: NodeJS.ProcessEnv): string {
  return options.kubeconfig ?? env.KUBECONFIG?.split(':').find(Boolean) ?? `${env.HOME ?? ''}/.kube/config`;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError('a port from 0 to 65535');
  return port;
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** How many blobs are under way at a time. */
export function parseParallel(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) < 1 || Number(text) > MOST_PARALLEL)
    throw new InvalidArgumentError(`a number from 1 to ${MOST_PARALLEL}`);
  return Number(text);
}

// More than this gain nothing and look like an attack to a registry.
const MOST_PARALLEL = 64;

/** Which children of an index may be missing at the source. */
export function sparseOption(): Option {
  return new Option(
    '--allow-sparse <children>',
    'take indexes whose children the source does not have: its attestations, or any',
  )
    .choices(['attestations', 'any'])
    .default('none');
}

/** Bytes, as Kubernetes writes them. */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text);
  if (bytes === undefined) throw new InvalidArgumentError('a size such as 500M or 20Gi');
  return Math.ceil(bytes);
}

/** The option by which commands find volumes of a bundle that lie elsewhere than the first. */
export function volumesOption(): Option {
  return new Option(
    '--volumes <path>',
    'of a bundle in volumes: a folder or a file with more of them, such as another stick; may be given again',
  ).argParser(collect);
}

/** Bytes, as Kubernetes and makers of media write them. */
export function parseVolumeSize(text: string): number {
  return parseSize(text.replace(/B$/, ''));
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400)
    throw new InvalidArgumentError('seconds, from 1 to 86400');
  return seconds;
}

export function parseListen(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
  if (port === '') throw new InvalidArgumentError('an address as HOST:PORT or :PORT');
  return { host: host.replace(/^\[|\]$/g, '') || '::', port: parsePort(port) };
}

export function parseDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a number of days from 1 to 9999');
  return Number(text);
}

/** What becomes of fields of components that somebody else has set since. */
export function conflictOption(): Option {
  return new Option(
    '--on-conflict <what>',
    'fields of the components that somebody else has set since: change nothing at all, keep theirs, or take them over',
  )
    .choices(['stop', 'keep', 'take'])
    .default('stop');
}
