import { connectCluster } from '../../../apply/client/kube.ts';
import { replaceFile } from '../../../content/bytes/blob-file.ts';
import { onDisk } from '../../../content/bytes/disk-error.ts';
import { openAgentFile } from '../../desired/carry/agent-file.ts';
import { openNamedRegistries } from '../../desired/carry/named-registries.ts';
import { platformError } from '../../errors.ts';
import { AGENT_OUTBOX } from './agent-secrets.ts';
import type { AgentFilesContext, ClusterFlags, ImportFlags } from './carry-commands.ts';
import { readFileSecret } from './file-secret.ts';
import { importStick } from './import-stick.ts';

export async function runFleetImport(
  context: AgentFilesContext,
  folder: string,
  flags: ImportFlags,
): Promise<void> {
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
}

export async function runReportExport(
  context: AgentFilesContext,
  flags: ClusterFlags & { outputFile: string },
): Promise<void> {
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
