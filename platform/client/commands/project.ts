import { Command, InvalidArgumentError } from 'commander';
import type { InputOf } from '../hub-client.ts';
import { collect, withYes } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';

export const MEMBERS = 'PUT /api/v1/projects/{project}/members';

export type Member = InputOf<typeof MEMBERS>['body']['members'][number];

export const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const satisfies readonly Member['role'][];

export function projectCommand(terminal: Terminal): Command {
  const command = new Command('project');
  for (const make of [listCommand, showCommand, createCommand, membersCommand, deleteCommand])
    command.addCommand(make(terminal));
  return command;
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('the projects that you may see')
    .addHelpText('after', '\nExample:\n  skerry project list')
    .action(async (_options: object, command: Command) => {
      const { runList } = await import('./run-project.ts');
      await runList(terminal, command);
    });
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('one project and its members')
    .argument('<name>', 'of the project')
    .addHelpText('after', '\nExample:\n  skerry project show payments')
    .action(async (name: string, _options: object, command: Command) => {
      const { runShow } = await import('./run-project.ts');
      await runShow(terminal, name, command);
    });
}

function createCommand(terminal: Terminal): Command {
  return new Command('create')
    .description('make a project: a namespace for its clusters, profiles and Secrets')
    .argument('<name>', 'for the project')
    .option('--description <text>', 'what it is for')
    .option(
      '--member <subject=role>',
      'as in skerry project members; may be repeated',
      collect(parseMember),
      [],
    )
    .addHelpText(
      'after',
      '\nExample:\n  skerry project create payments --member user:alice=admin --member group:ops=operator',
    )
    .action(async (name: string, options: { description?: string; member: Member[] }, command: Command) => {
      const { runCreate } = await import('./run-project.ts');
      await runCreate(terminal, name, options, command);
    });
}

export interface MembersFlags {
  readonly add: readonly Member[];
  readonly remove: readonly string[];
}

function membersCommand(terminal: Terminal): Command {
  return withYes(new Command('members'))
    .description('who is in a project, with which role; and change that')
    .argument('<name>', 'of the project')
    .option(
      '--add <subject=role>',
      'give a role in place of the one that the member had',
      collect(parseMember),
      [],
    )
    .option('--remove <subject>', 'take all roles away', collect(String), [])
    .addHelpText(
      'after',
      `
Subjects are user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME, as Kubernetes knows them.
Roles are ${ROLES.join(', ')}.

Examples:
  skerry project members payments
  skerry project members payments --add user:bob=operator --remove group:ops`,
    )
    .action(async (name: string, flags: MembersFlags, command: Command) => {
      const { runMembers } = await import('./run-project.ts');
      await runMembers(terminal, name, flags, command);
    });
}

function deleteCommand(terminal: Terminal): Command {
  return withYes(new Command('delete'))
    .description('delete a project that has no clusters, with all that is in its namespace')
    .argument('<name>', 'of the project')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry project delete payments\n  skerry project delete payments --yes',
    )
    .action(async (name: string, _options: object, command: Command) => {
      const { runDelete } = await import('./run-project.ts');
      await runDelete(terminal, name, command);
    });
}

function parseMember(text: string): Member {
  const [, subject = '', word = ''] = /^(.+)=([a-z]+)$/.exec(text) ?? [];
  const role = ROLES.find((name) => name === word);
  if (role === undefined || !/^(user|group|serviceaccount):./.test(subject))
    throw new InvalidArgumentError(`KIND:NAME=ROLE with a role of ${ROLES.join(', ')}`);
  return { subject, role };
}
