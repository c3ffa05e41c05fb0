import type { Command } from 'commander';
import type { LazyEntry } from './installer/lazy-command.ts';
import { VERSION } from './installer/program.ts';
import { clientTerminal } from './installer/terminal/client-terminal.ts';
import type { Console } from './installer/terminal/console.ts';
import { clientCommands } from './platform/client/commands.ts';

/** The platform's commands. The installer's room knows nothing of the platform: in the program they meet. */
export function platformCommands(console: Console): LazyEntry[] {
  const context = { version: VERSION, stdout: console.stdout, env: console.env };
  return [
    {
      name: 'hub',
      description: "serve the platform's API",
      load: async () => (await import('./platform/hub/command.ts')).hubCommand(context),
    },
    {
      name: 'agent',
      description: 'make a managed cluster what its hub desires, and report how it is',
      load: async () => (await import('./platform/agent/command.ts')).agentCommand(context),
    },
    {
      name: 'infra',
      description: "make machines beside a cloud, as a gateway's cluster says",
      load: async () => (await import('./platform/infra/command.ts')).infraCommand(context),
    },
    ...clientCommands(clientTerminal(console), {
      fleet: async () => await fleetFileCommands(console),
      gateway: async () => await gatewayFileCommands(console),
    }),
    {
      name: 'report',
      description: "what a cluster's agent has to say to its hub",
      load: async () => (await import('./platform/agent/carry/carry-commands.ts')).reportCommand(context),
    },
    {
      name: 'audit',
      description: "the log of what was done in the platform's hub",
      load: async () => {
        const { hubAuditCommand } = await import('./platform/hub/audit/audit-command.ts');
        return hubAuditCommand(await fileContext(console));
      },
    },
  ];
}

/** What goes between a hub and its clusters in files. */
async function fleetFileCommands(console: Console): Promise<Command[]> {
  const [{ fleetImportCommand }, { fleetExportCommand, fleetImportReportCommand }, files] = await Promise.all(
    [
      import('./platform/agent/carry/carry-commands.ts'),
      import('./platform/hub/carry/fleet-commands.ts'),
      fileContext(console),
    ],
  );
  return [fleetExportCommand(files), fleetImportCommand(files), fleetImportReportCommand(files)];
}

/** What brings content to a gateway's registry as well. */
async function gatewayFileCommands(console: Console): Promise<Command[]> {
  const [{ installCommand }, { copyBundle }] = await Promise.all([
    import('./platform/client/commands/gateway/gateway-install.ts'),
    import('./installer/copy/copy-bundle.ts'),
  ]);
  const { env } = console;
  return [installCommand(clientTerminal(console), async (copy) => await copyBundle({ ...copy, env }))];
}

async function fileContext(console: Console) {
  const { carryHubOf } = await import('./platform/client/carry-hub.ts');
  const { stdout, stderr, env } = console;
  const withHub = carryHubOf(clientTerminal(console));
  return { version: VERSION, stdout, stderr, env, now: () => new Date(), withHub };
}
