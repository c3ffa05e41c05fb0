import type { Writable } from 'node:stream';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AGENT_NAMESPACE, PROBE_PORT } from '../desired/agent-names.ts';
import type { AgentOptions } from './options.ts';

export interface AgentCommandContext {
  readonly version: string;
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

interface Flags {
  readonly hub?: string;
  readonly token?: string;
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly scratch: string;
  readonly helm: string;
  readonly probePort: number;
  readonly logLevel: AgentOptions['logLevel'];
}

/** `skerry agent`: what the agent's pod runs. Ends with 0 when a signal stops it. */
export function agentCommand(context: AgentCommandContext): Command {
  const { env } = context;
  return new Command('agent')
    .option('--hub <file>', 'where the hub is: JSON with urls and authorities (PEM)')
    .option('--token <file>', 'the token to enroll with; the file may be missing')
    .option(
      '--namespace <name>',
      'where the agent keeps what it remembers',
      env.POD_NAMESPACE ?? AGENT_NAMESPACE,
    )
    .option('--kubeconfig <file>', "which cluster; the pod's service account otherwise")
    .option('--scratch <folder>', 'a folder for what is passing', '/tmp/skerry')
    .option('--helm <path>', 'the Helm 4 program', env.SKERRY_HELM ?? 'helm')
    .addOption(
      new Option('--probe-port <port>', 'where probes are answered').argParser(parsePort).default(PROBE_PORT),
    )
    .addOption(new Option('--log-level <level>').choices(['info', 'error', 'silent']).default('info'))
    .action(async (flags: Flags) => await run(flags, context));
}

async function run(flags: Flags, { version, stdout, env }: AgentCommandContext): Promise<void> {
  const identity = `${env.POD_NAME ?? 'agent'}-${crypto.randomUUID()}`;
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    // Its packages are loaded by those who run it, not by every command of the program.
    const { runAgent } = await import('./main.ts');
    const context = { signal: controller.signal, stdout, env, now: () => new Date(), random: Math.random };
    await runAgent({ ...flags, version, identity }, context);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('a port');
}
