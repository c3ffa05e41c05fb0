import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { isRefusal } from '../connection/problem-error.ts';
import type { Project } from '../operations.ts';
import { age } from '../output/age.ts';
import { fields, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession, type Session } from '../session.ts';
import { MEMBERS, type Member, type MembersFlags, ROLES } from './project.ts';

export async function runList(terminal: Terminal, command: Command): Promise<void> {
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
}

export async function runShow(terminal: Terminal, name: string, command: Command): Promise<void> {
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
}

export async function runCreate(
  terminal: Terminal,
  name: string,
  options: { description?: string; member: Member[] },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async ({ hub, signal, print }) => {
    const { description, member: members } = options;
    const project = await hub.call('POST /api/v1/projects', {
      headers: { 'idempotency-key': randomUUID() },
      body: { name, members, ...(description === undefined ? {} : { description }) },
      signal,
    });
    print(project, () => `project ${name} is made`);
  });
}

export async function runMembers(
  terminal: Terminal,
  name: string,
  flags: MembersFlags,
  command: Command,
): Promise<void> {
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
}

export async function runDelete(terminal: Terminal, name: string, command: Command): Promise<void> {
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
}

const MAX_PAGES = 1000;

const MAX_TRIES = 5;

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

function memberTable(members: readonly { readonly subject: string; readonly role: string }[]): string {
  return table(
    ['SUBJECT', 'ROLE'],
    members.map(({ subject, role }) => [subject, role]),
  );
}
