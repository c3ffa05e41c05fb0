import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { connectCluster } from '../../../apply/client/kube.ts';
import { replaceFile } from '../../../content/bytes/blob-file.ts';
import { onDisk } from '../../../content/bytes/disk-error.ts';
import { AGENT_NAMESPACE } from '../../desired/agent-names.ts';
import { openAgentFile } from '../../desired/carry/agent-file.ts';
import {
  openNamedRegistries,
  type RegistryFlags,
  registryOptions,
} from '../../desired/carry/named-registries.ts';
import { platformError } from '../../errors.ts';
import { AGENT_OUTBOX } from './agent-secrets.ts';
import { readFileSecret } from './file-secret.ts';
import { importStick } from './import-stick.ts';

export interface AgentFilesContext {
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
}

interface ImportFlags extends ClusterFlags, RegistryFlags {}

/** `skerry fleet import`: brings what a stick has to the site and its agent. */
export function fleetImportCommand(context: AgentFilesContext): Command {
  return clusterOptions(registryOptions(new Command('import'), "the site's registry"))
    .description("bring a stick's content into the site's registry and its messages to the cluster's agent")
    .argument('<stick>', 'the folder that "skerry fleet export" wrote')
    .action(async (folder: string, flags: ImportFlags) => {
      await interruptible(async (signal) => {
        const client = await connect(flags, context.env);
        const registries = await openNamedRegistries(flags, context.env);
        try {
          const { namespace } = flags;
          const done = await importStick({ folder, client, namespace, storeOf: registries.of, signal });
          context.stdout.write(
            `${done.project}/${done.cluster}  envelope ${done.number}\ncopied  ${done.bytesCopied} bytes\n`,
          );
        } finally {
          await registries.close();
        }
      });
    });
}

/** `skerry report export`: what the agent has to say, as a file for its hub. */
export function reportCommand(context: AgentFilesContext): Command {
  const report = new Command('report');
  clusterOptions(report.command('export'))
    .description("write the agent's report, events and requests into a file")
    .requiredOption('-o, --output-file <file>', 'replaced if it is there')
    .action(async (flags: ClusterFlags & { outputFile: string }) => {
      await interruptible(async (signal) => {
        const client = await connect(flags, context.env);
        const text = await readFileSecret(client, flags.namespace, AGENT_OUTBOX, { signal });
        if (text === undefined)
          throw platformError('AGENT_NOT_FOUND', { subject: `namespace ${flags.namespace}` });
        const { file } = openAgentFile(text);
        await onDisk(flags.outputFile, () => replaceFile(flags.outputFile, Buffer.from(text)));
        const of =
          file.cluster === undefined
            ? 'a cluster that asks to join'
            : `${file.cluster.project}/${file.cluster.name}`;
        context.stdout.write(`${of}  as of ${file.at}\nfile    ${flags.outputFile}\n`);
      });
    });
  return report;
}

function clusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the managed cluster; $KUBECONFIG or ~/.kube/config otherwise')
    .option('--namespace <name>', "the agent's namespace", AGENT_NAMESPACE);
}

async function connect({ kubeconfig }: ClusterFlags, env: NodeJS.ProcessEnv) {
  const path = kubeconfig ?? env.KUBECONFIG?.split(':').find(Boolean) ?? `${env.HOME ?? ''}/.kube/config`;
  return await connectCluster({ path });
}

async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
