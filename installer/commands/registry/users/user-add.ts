import { Command } from 'commander';
import { collect, globalOptions } from '../../../terminal/cli-options.ts';
import type { Console } from '../../../terminal/console.ts';
import type { RightsOptions } from './user-rights.ts';
import { addUsersOptions, type UsersOptions } from './users-option.ts';

export interface AddOptions extends UsersOptions, RightsOptions {
  readonly replace?: boolean;
}

export function userAddCommand(console: Console): Command {
  const command = new Command('add').argument('<name>', 'letters, digits and . _ @ -');
  return addUsersOptions(command)
    .option('--robot', 'make a secret instead of asking for a password')
    .option(
      '--allow <rule>',
      'PATTERN=ACTIONS, as often as needed; without a rule a new user may do everything',
      collect,
    )
    .option(
      '--until <date>',
      'the last day on which it counts (2027-01-31), a moment (2027-01-31T12:00:00Z), or never',
    )
    .option(
      '--replace',
      'change the password or secret of a user that is there; its rules and its end stay unless given again',
    )
    .option('--no-password', 'no password fits: for client certificates')
    .addHelpText('after', HELP)
    .action(async (name: string, options: AddOptions, command: Command) => {
      const { runUserAdd } = await import('./run-user-add.ts');

      await runUserAdd(console, name, options, globalOptions(command).output);
    });
}

const HELP = `
A rule names repositories and what may be done with them: pull, push, delete, list (see them in the
catalog), or * for all four. In a pattern * stands for part of one path component, ** for one component or more.
A registry that runs takes the change by itself within ten seconds. With its first user it closes: from then on
pulling needs a login too, also for the nodes of a cluster, unless it is served with --anonymous-pull.

Examples:
  skerry registry user add alice --store /srv/registry < password.txt
  skerry registry user add alice --store /srv/registry --replace < new-password.txt
  skerry registry user add ci --store /srv/registry --robot --allow 'team/**=pull,push' --until 2027-01-31
  skerry registry user add node-1 --users users.txt --no-password --allow '**=pull'`;
