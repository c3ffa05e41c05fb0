import type { Command } from 'commander';
import { registryCommands } from './commands/registry.ts';
import { type LazyEntry, loadCommands } from './lazy-command.ts';
import { programOf, runProgram } from './program.ts';
import type { Console } from './terminal/console.ts';

/** All commands with all of their code; `more` are those of rooms that this one does not know. */
export async function createProgram(console: Console, more: readonly LazyEntry[] = []): Promise<Command> {
  return programOf(console, await loadCommands(allOf(console, more), 'everything'));
}

/** Runs a command line (without program and script); returns the exit code. Never throws. */
export async function runCli(
  args: readonly string[],
  console: Console,
  more: readonly LazyEntry[] = [],
): Promise<number> {
  return await runProgram(args, console, allOf(console, more));
}

function allOf(console: Console, more: readonly LazyEntry[]): LazyEntry[] {
  const completion: LazyEntry = {
    name: 'completion',
    description: 'print a script that completes commands and options in your shell',
    load: async () =>
      (await import('./commands/completion.ts')).completionCommand(
        console,
        async () => await createProgram(console, more),
      ),
  };
  return [...commandsOf(console), ...more, completion];
}

function commandsOf(console: Console): LazyEntry[] {
  return [
    {
      name: 'bundle',
      description: 'make and check bundles',
      commands: [
        {
          name: 'create',
          description: 'pack a release, its images and packs onto a stick',
          load: async () => (await import('./commands/bundle/create.ts')).createCommand(console),
        },
        {
          name: 'images',
          description: 'list what is or could be an image in a release, and say why',
          load: async () => (await import('./commands/bundle/images.ts')).imagesCommand(console),
        },
        {
          name: 'verify',
          description: 'check the signature and every byte of a bundle',
          load: async () => (await import('./commands/bundle/verify.ts')).verifyCommand(console),
        },
        {
          name: 'show',
          description: 'say what a bundle claims to be, without checking it',
          load: async () => (await import('./commands/bundle/show.ts')).showCommand(console),
        },
        {
          name: 'extract',
          description: 'take a file out of a bundle or a registry, such as the template of a machine',
          load: async () => (await import('./commands/bundle/extract.ts')).extractCommand(console),
        },
        {
          name: 'split',
          description: 'cut a bundle into volumes, for media that take no large files',
          load: async () => (await import('./commands/bundle/split.ts')).splitCommand(console),
        },
        {
          name: 'join',
          description: 'make one file of the volumes of a bundle',
          load: async () => (await import('./commands/bundle/join.ts')).joinCommand(console),
        },
        {
          name: 'prove',
          description: 'rehearse an upgrade and its rollback in a scratch cluster, and sign what was seen',
          load: async () => (await import('./commands/bundle/prove.ts')).proveCommand(console),
        },
      ],
    },
    {
      name: 'install',
      description: 'install the release on a stick into a cluster',
      load: async () => (await import('./commands/install/install.ts')).installCommand(console),
    },
    {
      name: 'upgrade',
      description: 'bring the release on a stick to a cluster that has an older one',
      load: async () => (await import('./commands/upgrade.ts')).upgradeCommand(console),
    },
    {
      name: 'rollback',
      description: 'return to the release before the last upgrade, or before the one that is under way',
      load: async () => (await import('./commands/rollback.ts')).rollbackCommand(console),
    },
    {
      name: 'status',
      description: 'say what is installed, what runs, and where it came from',
      load: async () => (await import('./commands/status/status.ts')).statusCommand(console),
    },
    {
      name: 'certificates',
      description: 'list certificates and secrets of the platform with their dates',
      load: async () => (await import('./commands/certificates.ts')).certificatesCommand(console),
    },
    {
      name: 'support-bundle',
      description: 'collect logs and states for support, without secrets',
      load: async () => (await import('./commands/support-bundle.ts')).supportBundleCommand(console),
    },
    {
      name: 'uninstall',
      description: 'name what an installation has in the cluster, and delete just that',
      load: async () => (await import('./commands/uninstall.ts')).uninstallCommand(console),
    },
    {
      name: 'drill',
      description: 'disturb upgrades in a scratch cluster in every way, and say how each ended',
      load: async () => (await import('./commands/drill.ts')).drillCommand(console),
    },
    {
      name: 'node-config',
      description: 'print the files by which the nodes’ container runtimes find the private registry',
      load: async () => (await import('./commands/node-config.ts')).nodeConfigCommand(console),
    },
    registryCommands(console),
    {
      name: 'copy',
      description: 'copy content from one store to another: bundles, layout folders, registries',
      load: async () => (await import('./commands/copy.ts')).copyCommand(console),
    },
    {
      name: 'mirror',
      description: 'keep repositories, images and charts the same in another place',
      load: async () => (await import('./commands/mirror.ts')).mirrorCommand(console),
    },
    {
      name: 'channel',
      description: 'which releases there are, and which follow which: signed',
      load: async () => (await import('./commands/channel.ts')).channelCommand(console),
    },
    {
      name: 'key',
      description: 'keys that sign releases',
      load: async () => (await import('./commands/key.ts')).keyCommand(console),
    },
  ];
}
