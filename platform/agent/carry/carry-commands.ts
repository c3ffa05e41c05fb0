import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { AGENT_NAMESPACE } from '../../desired/agent-names.ts';
import { type RegistryFlags, registryOptions } from '../../desired/carry/registry-options.ts';

export interface AgentFilesContext {
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
}

export interface ImportFlags extends ClusterFlags, RegistryFlags {}

/** `skerry fleet import`: brings what a stick has to the site and its agent. */
export function fleetImportCommand(context: AgentFilesContext): Command {
  return clusterOptions(registryOptions(new Command('import'), "the site's registry"))
    .description("bring a stick's content into the site's registry and its messages to the cluster's agent")
    .argument('<stick>', 'the folder that "skerry fleet export" wrote')
    .action(async (folder: string, flags: ImportFlags) => {
      const { runFleetImport } = await import('./run-carry.ts');
      await runFleetImport(context, folder, flags);
    });
}

/** `skerry report export`: what the agent has to say, as a file for its hub. */
export function reportCommand(context: AgentFilesContext): Command {
  const report = new Command('report');
  clusterOptions(report.command('export'))
    .description("write the agent's report, events and requests into a file")
    .requiredOption('-o, --output-file <file>', 'replaced if it is there')
    .action(async (flags: ClusterFlags & { outputFile: string }) => {
      const { runReportExport } = await import('./run-carry.ts');
      await runReportExport(context, flags);
    });
  return report;
}

function clusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the managed cluster; $KUBECONFIG or ~/.kube/config otherwise')
    .option('--namespace <name>', "the agent's namespace", AGENT_NAMESPACE);
}
