import type { Command } from 'commander';
import type { Terminal } from './output/terminal.ts';

/** A command whose code is loaded when it is asked for. */
interface ClientCommand {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

/** Every command that works with a hub. `fleet` and `gateway` take further commands of their own. */
export function clientCommands(
  terminal: Terminal,
  more: {
    fleet?: () => Promise<readonly Command[]>;
    gateway?: () => Promise<readonly Command[]>;
  } = {},
): ClientCommand[] {
  return [
    {
      name: 'login',
      description: 'remember a hub, and who you are there',
      load: async () => (await import('./commands/login.ts')).loginCommand(terminal),
    },
    {
      name: 'logout',
      description: 'forget the hub and the token',
      load: async () => (await import('./commands/logout.ts')).logoutCommand(terminal),
    },
    {
      name: 'whoami',
      description: 'say which hub this is, who you are there, and for how long',
      load: async () => (await import('./commands/whoami.ts')).whoamiCommand(terminal),
    },
    {
      name: 'kubectl-credential',
      description: 'give kubectl the token of the login; kubectl runs it by itself',
      load: async () => (await import('./commands/kubectl-credential.ts')).kubectlCredentialCommand(terminal),
    },
    {
      name: 'project',
      description: 'projects: who works together, on what',
      load: async () => (await import('./commands/project.ts')).projectCommand(terminal),
    },
    {
      name: 'pack',
      description: 'packs of the private registry: what profiles are made of',
      load: async () => (await import('./commands/pack.ts')).packCommand(terminal),
    },
    {
      name: 'profile',
      description: 'cluster profiles: what clusters are made of, in versions',
      load: async () => (await import('./commands/profile/profile.ts')).profileCommand(terminal),
    },
    {
      name: 'cluster',
      description: 'managed clusters: make, enrol, watch, change',
      load: async () => (await import('./commands/cluster/cluster.ts')).clusterCommand(terminal),
    },
    {
      name: 'account',
      description: 'cloud accounts: where clusters are made, and with whose rights',
      load: async () => (await import('./commands/account/account.ts')).accountCommand(terminal),
    },
    {
      name: 'gateway',
      description: 'gateways: what makes machines beside a cloud',
      load: async () => {
        const { gatewayCommand } = await import('./commands/gateway/gateway.ts');
        return gatewayCommand(terminal, await more.gateway?.());
      },
    },
    {
      name: 'fleet',
      description: 'many clusters at a time',
      load: async () => {
        const { fleetCommand } = await import('./commands/fleet.ts');
        return fleetCommand(terminal, await more.fleet?.());
      },
    },
    {
      name: 'alert',
      description: 'what somebody should look at, and where it is sent',
      load: async () => (await import('./commands/alert.ts')).alertCommand(terminal),
    },
    {
      name: 'apply',
      description:
        'make objects as files say: those that are missing, and what is different in those that are there',
      load: async () => (await import('./commands/apply.ts')).applyCommand(terminal),
    },
  ];
}
