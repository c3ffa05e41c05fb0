import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { age } from '../age.ts';
import { isRefusal } from '../connection/problem-error.ts';
import type { InputOf } from '../hub-client.ts';
import type { Project } from '../operations.ts';
import { collect, withYes } from '../options.ts';
import { inSession, type Session } from '../session.ts';
import { fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const MEMBERS = 'PUT /api/v1/projects/{project}/members';
type Member = InputOf<typeof MEMBERS>['body']['members'][number];
const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const satisfies readonly Member['role'][];
const MAX_PAGES = 1000;
const MAX_TRIES = 5;

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
      await inSession(terminal, command, async (session) => {
        const items = await listProjects(session);
        session.print({ items }, () =>
          table(
            ['NAME', 'AGE', 'DESCRIPTION'],
            items.map(({ name, created, description = '', deleting }) => [
              name,
              age(created, terminal.now()),
              deleting === undefined ? description : `(being deleted) ${description}`,
            ]),
          ),
        );
      });
    });
}

async function listProjects({ hub, signal }: Session): Promise<Project[]> {
  const all: Project[] = [];
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await hub.call('GET /api/v1/projects', { query: { continue: next }, signal });
    all.push(...answer.items);
    next = answer.continue || undefined;
    if (next === undefined) break;
  }
  return all;
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('one project and its members')
    .argument('<name>', 'of the project')
    .addHelpText('after', '\nExample:\n  skerry project show payments')
    .action(async (name: string, _options: object, command: Command) => {
      await inSession(terminal, command, async ({ hub, signal, print }) => {
        const params = { project: name };
        const project = await hub.call('GET /api/v1/projects/{project}', { params, signal });
        const { members } = await hub.call('GET /api/v1/projects/{project}/members', { params, signal });
        print({ ...project, members }, () =>
          [
            fields([
              ['name', project.name],
              ['description', project.description],
              ['age', age(project.created, terminal.now())],
            ]),
            '',
            memberTable(members),
          ].join('\n'),
        );
      });
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
      await inSession(terminal, command, async ({ hub, signal, print }) => {
        const { description, member: members } = options;
        const project = await hub.call('POST /api/v1/projects', {
          headers: { 'idempotency-key': randomUUID() },
          body: { name, members, ...(description === undefined ? {} : { description }) },
          signal,
        });
        print(project, () => `project ${name} is made`);
      });
    });
}

interface MembersFlags {
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
      await inSession(terminal, command, async (session) => {
        const { add, remove } = flags;
        if (remove.length > 0)
          await session.confirm(`${remove.join(', ')} will no longer be in project ${name}.`);
        const { members } = await changeMembers(session, name, (before) => {
          const replaced = new Set([...remove, ...add.map(({ subject }) => subject)]);
          return [...before.filter(({ subject }) => !replaced.has(subject)), ...add];
        });
        session.print({ members }, () => memberTable(members));
      });
    });
}

// The list is replaced as a whole: only the one that was read.
async function changeMembers(
  { hub, signal }: Session,
  project: string,
  change: (before: readonly Member[]) => readonly Member[],
) {
  const params = { project };
  for (let tries = 1; ; tries++) {
    const found = await hub.call('GET /api/v1/projects/{project}/members', { params, signal });
    const before = found.members.flatMap(({ subject, role }) => {
      const known = ROLES.find((name) => name === role);
      return known === undefined ? [] : [{ subject, role: known }];
    });
    const members = change(before);
    if (JSON.stringify(members) === JSON.stringify(before)) return found;
    try {
      const headers = { 'if-match': `"${found.version}"` };
      return await hub.call(MEMBERS, { params, headers, body: { members: [...members] }, signal });
    } catch (error) {
      if (!isRefusal(error, 412) || tries >= MAX_TRIES) throw error;
    }
  }
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
      await inSession(terminal, command, async ({ hub, signal, print, confirm }) => {
        const params = { project: name };
        await hub.call('GET /api/v1/projects/{project}', { params, signal });
        await confirm(
          `Project ${name} will be deleted with its whole namespace: profiles, Secrets, rollouts, alerts and members.`,
        );
        try {
          await hub.call('DELETE /api/v1/projects/{project}', { params, signal });
        } catch (error) {
          // An answer was lost, or somebody else was faster.
          if (!isRefusal(error, 404)) throw error;
        }
        print({ name, deleted: true }, () => `project ${name} is deleted`);
      });
    });
}

function memberTable(members: readonly { readonly subject: string; readonly role: string }[]): string {
  return table(
    ['SUBJECT', 'ROLE'],
    members.map(({ subject, role }) => [subject, role]),
  );
}

function parseMember(text: string): Member {
  const [, subject = '', word = ''] = /^(.+)=([a-z]+)$/.exec(text) ?? [];
  const role = ROLES.find((name) => name === word);
  if (role === undefined || !/^(user|group|serviceaccount):./.test(subject))
    throw new InvalidArgumentError(`KIND:NAME=ROLE with a role of ${ROLES.join(', ')}`);
  return { subject, role };
}
