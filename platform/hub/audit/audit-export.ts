import type { Writable } from 'node:stream';
import { Command } from 'commander';
import type { FleetFilesContext } from '../carry/fleet-commands.ts';

export interface AuditExportContext {
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
  /** Runs `work` with the hub of the login. */
  readonly withHub: FleetFilesContext['withHub'];
}

export interface Flags {
  readonly outputFile: string;
  readonly kubeconfig?: string | true;
  readonly namespace: string;
}

/** `skerry audit export`: the pages as they are, from a hub or, where none answers, from its cluster. */
export function auditExportCommand(context: AuditExportContext): Command {
  return new Command('export')
    .description("write the hub's audit into a file, a JSON object a line")
    .requiredOption('-o, --output-file <file>', 'a new file')
    .option(
      '--kubeconfig [file]',
      "read it from the hub's cluster, also where the hub does not run; from the hub of the login otherwise",
    )
    .option('--namespace <name>', "the hub's namespace, with --kubeconfig", 'skerry-system')
    .addHelpText(
      'after',
      `
The hub gives it to those with the role skerry-auditor, bound for the whole cluster.

Examples:
  skerry audit export -o audit.jsonl
  skerry audit export -o audit.jsonl --kubeconfig hub.kubeconfig`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { runAuditExport } = await import('./run-audit-export.ts');
      await runAuditExport(context, flags, command);
    });
}
