import type { Writable } from 'node:stream';
import { Command, InvalidArgumentError, Option } from 'commander';
import { PROBE_PORT } from '../desired/agent-names.ts';
import type { InfraOptions } from './options.ts';

export interface InfraCommandContext {
  readonly version: string;
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

interface Flags {
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly maxConcurrent: number;
  readonly probePort: number;
  readonly logLevel: InfraOptions['logLevel'];
}

/** `skerry infra`: what the pod of pack infra runs in a gateway's cluster. Ends with 0 when a signal stops it. */
export function infraCommand(context: InfraCommandContext): Command {
  const { env } = context;
  return new Command('infra')
    .option(
      '--namespace <name>',
      'where address pools and reservations are',
      env.POD_NAMESPACE ?? 'skerry-infra',
    )
    .option('--kubeconfig <file>', "which cluster; the pod's service account otherwise")
    .addOption(
      new Option('--max-concurrent <count>', 'how many machines are worked on at once')
        .argParser((text) => parseCount(text, 100))
        .default(10),
    )
    .addOption(
      new Option('--probe-port <port>', 'where probes are answered')
        .argParser((text) => parseCount(text, 65_535))
        .default(PROBE_PORT),
    )
    .addOption(new Option('--log-level <level>').choices(['info', 'error', 'silent']).default('info'))
    .action(async (flags: Flags) => await run(flags, context));
}

async function run(flags: Flags, { stdout, env }: InfraCommandContext): Promise<void> {
  const identity = `${env.POD_NAME ?? 'infra'}-${crypto.randomUUID()}`;
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    // Its packages are loaded by those who run it, not by every command of the program.
    const { runInfra } = await import('./main.ts');
    await runInfra({ ...flags, identity }, { signal: controller.signal, stdout, now: () => new Date() });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function parseCount(text: string, most: number): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= most) return Number(text);
  throw new InvalidArgumentError(`a number up to ${most}`);
}
