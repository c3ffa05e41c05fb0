import { type Command, InvalidArgumentError } from 'commander';
import type { OutputFormat } from './console.ts';
import { parseQuantity } from './units.ts';

/** Options that every command has. */
export function globalOptions(command: Command): { output: OutputFormat } {
  return command.optsWithGlobals<{ output: OutputFormat }>();
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

/** Bytes, as Kubernetes writes them. */
export function parseSize(text: string): number {
  const bytes = parseQuantity(text);
  if (bytes === undefined) throw new InvalidArgumentError('a size such as 500M or 20Gi');
  return Math.ceil(bytes);
}

export function parseListen(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
  if (port === '') throw new InvalidArgumentError('an address as HOST:PORT or :PORT');
  return { host: host.replace(/^\[|\]$/g, '') || '::', port: parsePort(port) };
}
