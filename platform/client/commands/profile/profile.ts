import { Command, InvalidArgumentError } from 'commander';
import { isProfileName } from '../../../api/name-grammar.ts';
import {
  type ListFlags,
  type ProfileVersionName,
  type ProjectOptions,
  parseProfileVersion,
  withList,
  withProject,
  withYes,
} from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export function profileCommand(terminal: Terminal): Command {
  const command = new Command('profile');
  for (const make of [listCommand, showCommand, createCommand, versionsCommand, diffCommand, deleteCommand])
    command.addCommand(make(terminal));
  return command;
}

function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the profiles of a project, or of all, in all their versions')
    .addHelpText('after', '\nExample:\n  skerry profile list --project payments')
    .action(async (options: ListFlags, command: Command) => {
      const { runList } = await import('./run-profile.ts');
      await runList(terminal, options, command);
    });
}

export interface NamedProfile {
  readonly name: string;
  /** The newest when absent. */
  readonly version?: string | undefined;
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one version of a profile, the newest where none is named')
    .argument('<profile>', 'NAME or NAME@VERSION', parseProfile)
    .addHelpText(
      'after',
      '\nExamples:\n  skerry profile show base\n  skerry profile show base@1.0.0 --output yaml',
    )
    .action(async (profile: NamedProfile, _options: ProjectOptions, command: Command) => {
      const { runShow } = await import('./run-profile.ts');
      await runShow(terminal, profile, command);
    });
}

export interface CreateProfileFlags extends ProjectOptions {
  readonly filename: string;
  readonly plan?: boolean;
}

function createCommand(terminal: Terminal): Command {
  return withProject(new Command('create'))
    .description('make a version of a profile; it never changes')
    .requiredOption(
      '-f, --filename <file>',
      'a ClusterProfile or its spec, in YAML or JSON; - for standard input',
    )
    .option('--plan', 'say what would change in the clusters that have the profile, and make nothing')
    .addHelpText(
      'after',
      `
Another version is another object: change the version in the file, and create it too. Packs without a digest get that of
their version in the private registry as it is now.

Example:
  skerry profile create -f base-1.0.0.yaml --project payments
  skerry profile create -f base-1.1.0.yaml --plan`,
    )
    .action(async (flags: CreateProfileFlags, command: Command) => {
      const { runCreate } = await import('./run-profile.ts');
      await runCreate(terminal, flags, command);
    });
}

function versionsCommand(terminal: Terminal): Command {
  return withProject(new Command('versions'))
    .description('the versions of a profile, newest last, and how many clusters have them')
    .argument('<profile>', 'its name')
    .addHelpText('after', '\nExample:\n  skerry profile versions base')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runVersions } = await import('./run-profile.ts');
      await runVersions(terminal, name, command);
    });
}

function diffCommand(terminal: Terminal): Command {
  return withProject(new Command('diff'))
    .description('what is different between two versions of profiles')
    .argument('<before>', 'NAME@VERSION', parseProfileVersion)
    .argument('<after>', 'NAME@VERSION', parseProfileVersion)
    .addHelpText('after', '\nExample:\n  skerry profile diff base@1.0.0 base@1.1.0')
    .action(
      async (
        before: ProfileVersionName,
        after: ProfileVersionName,
        _options: ProjectOptions,
        command: Command,
      ) => {
        const { runDiff } = await import('./run-profile.ts');
        await runDiff(terminal, before, after, command);
      },
    );
}

function deleteCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('delete')))
    .description('delete a version of a profile that no cluster has')
    .argument('<profile>', 'NAME@VERSION', parseProfileVersion)
    .addHelpText('after', '\nExample:\n  skerry profile delete base@1.0.0')
    .action(async (profile: ProfileVersionName, _options: ProjectOptions, command: Command) => {
      const { runDelete } = await import('./run-profile.ts');
      await runDelete(terminal, profile, command);
    });
}

function parseProfile(text: string): NamedProfile {
  if (text.includes('@')) return parseProfileVersion(text);
  if (!isProfileName(text)) throw new InvalidArgumentError('a profile as NAME or NAME@VERSION');
  return { name: text };
}
