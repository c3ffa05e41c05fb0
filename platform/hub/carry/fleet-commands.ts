import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { type RegistryFlags, registryOptions } from '../../desired/carry/registry-options.ts';

/** A hub that somebody has logged in to. */
export interface CarryHub {
  readonly url: string;
  /** The project that is meant where none is named. */
  readonly project: () => string;
  /** Sends a request and gives its JSON. Throws the hub's codes. */
  readonly send: (
    request: { method: 'GET' | 'POST'; path: string; body?: unknown },
    signal: AbortSignal,
  ) => Promise<unknown>;
}

export interface FleetFilesContext {
  readonly stdout: Pick<Writable, 'write'>;
  readonly stderr: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Runs `work` with the hub of the login, until it is done or interrupted. */
  readonly withHub: (
    command: Command,
    work: (hub: CarryHub, signal: AbortSignal) => Promise<void>,
  ) => Promise<void>;
}

export interface ExportFlags extends RegistryFlags {
  readonly to: string;
  readonly all?: boolean;
}

/** `skerry fleet export`: what a stick brings to clusters that no network reaches. */
export function fleetExportCommand(context: FleetFilesContext): Command {
  return registryOptions(new Command('export'), 'where the packs are')
    .description('write the envelopes of clusters and the content that they are missing into a folder')
    .argument('<clusters...>', 'clusters as NAME or PROJECT/NAME')
    .requiredOption('--to <folder>', 'the stick; what is there already stays')
    .option('--project <name>', 'of clusters that are named without one')
    .option('--all', 'all content that the envelopes need, also what the clusters should have')
    .action(async (names: string[], flags: ExportFlags, command: Command) => {
      const { runFleetExport } = await import('./run-fleet.ts');
      await runFleetExport(context, names, flags, command);
    });
}

/** `skerry fleet import-report`: what a stick brings back. */
export function fleetImportReportCommand(context: FleetFilesContext): Command {
  return new Command('import-report')
    .description("bring an agent's report, events and requests from a file to the hub")
    .argument('<files...>', 'as "skerry report export" wrote them')
    .action(async (files: string[], _flags: object, command: Command) => {
      const { runFleetImportReport } = await import('./run-fleet.ts');
      await runFleetImportReport(context, files, command);
    });
}
