import { z } from 'zod';
import { isRefusal } from '../../client/connection/problem-error.ts';
import { requestPath } from '../../client/connection/request-path.ts';
import { narrow } from '../../client/hub-client.ts';
import type { Attribute } from '../schema/attribute.ts';
import { fromFields, toFields } from '../value/json.ts';
import { type ObjectValue, UNKNOWN } from '../value/value.ts';
import { differences, emptyState, ID, NAME, textOf } from './object-state.ts';
import type { Plan, Resource, Work } from './resource.ts';

const MEMBERS: Attribute = {
  name: 'members',
  field: 'members',
  description: 'Who has which role; nobody else has one.',
  presence: 'optional',
  type: {
    kind: 'list',
    attributes: [
      {
        name: 'subject',
        field: 'subject',
        description: '`user:NAME`, `group:NAME` or `serviceaccount:NAMESPACE/NAME`.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
      {
        name: 'role',
        field: 'role',
        description: '`viewer`, `operator`, `admin` or `auditor`.',
        type: { kind: 'plain', type: 'string' },
        presence: 'required',
      },
    ],
  },
};
const DESCRIPTION: Attribute = {
  name: 'description',
  field: 'description',
  description: 'What it is for.',
  type: { kind: 'plain', type: 'string' },
  presence: 'optional',
};

const Project = z.looseObject({ name: z.string(), description: z.string().optional() });
const Member = z.looseObject({ subject: z.string(), role: z.string() });
const Members = z.looseObject({ members: z.array(Member) });

/** A project with all of its members. */
class ProjectResource implements Resource {
  readonly typeName = 'skerry_project';
  readonly description = 'A project: a namespace of clusters and profiles, with those who may work in it.';
  readonly version = 0;
  readonly attributes: readonly Attribute[] = [ID, NAME, DESCRIPTION, MEMBERS];

  async plan(
    _work: Work | undefined,
    { before, proposed }: { before: ObjectValue | undefined; proposed: ObjectValue },
  ): Promise<Plan> {
    const planned = { ...proposed, id: textOf(proposed.name) ?? UNKNOWN };
    // The hub changes no description of a project that is there.
    const replace = before === undefined ? [] : differences(before, planned, [NAME, DESCRIPTION]);
    return { planned, replace };
  }

  async create(work: Work, planned: ObjectValue): Promise<ObjectValue> {
    const { hub, signal } = work;
    const body = toFields(planned, [NAME, DESCRIPTION, MEMBERS]);
    await hub.connection.send({ method: 'POST', path: '/api/v1/projects', body, signal });
    return (await this.read(work, { ...planned, id: planned.name ?? null })) ?? planned;
  }

  async update(work: Work, { planned }: { before: ObjectValue; planned: ObjectValue }): Promise<ObjectValue> {
    const { hub, signal } = work;
    const path = membersPath(planned);
    const { etag } = await hub.connection.send({ method: 'GET', path, signal });
    const { members = [] } = toFields(planned, [MEMBERS]);
    await hub.connection.send({
      method: 'PUT',
      path,
      body: { members },
      headers: { 'if-match': etag },
      signal,
    });
    return (await this.read(work, planned)) ?? planned;
  }

  async read({ hub, signal }: Work, state: ObjectValue): Promise<ObjectValue | undefined> {
    const found = await hub.find(projectPath(state), signal);
    if (found === undefined) return undefined;
    const project = narrow(Project, found, this.typeName);
    const listed = await hub.find(membersPath(state), signal).catch((error: unknown) => {
      // Who may read a project may not know its members; then they are as they were.
      if (isRefusal(error, 403)) return undefined;
      throw error;
    });
    const before = { ...state, id: project.name, name: project.name };
    if (listed === undefined) return before;
    const { members } = narrow(Members, listed, this.typeName);
    const fields = {
      description: project.description,
      members: inOrderOf(members, toFields(state, [MEMBERS]).members),
    };
    return { ...before, ...fromFields(fields, [DESCRIPTION, MEMBERS], state) };
  }

  async delete({ hub, signal }: Work, state: ObjectValue): Promise<void> {
    await hub.delete(projectPath(state), signal);
  }

  importState(_work: Work, id: string): ObjectValue {
    return { ...emptyState(this.attributes), id, name: id };
  }
}

export const projectResource = new ProjectResource();

function projectPath(state: ObjectValue): string {
  return requestPath('/api/v1/projects/{project}', { project: textOf(state.id) ?? '' });
}

function membersPath(state: ObjectValue): string {
  return requestPath('/api/v1/projects/{project}/members', { project: textOf(state.id) ?? '' });
}

// The hub keeps no order of members: what was written in another one is no change.
function inOrderOf(members: readonly object[], written: unknown): readonly object[] {
  const texts = (Array.isArray(written) ? written : []).map(memberText);
  const place = (member: object) => {
    const index = texts.indexOf(memberText(member));
    return index < 0 ? texts.length : index;
  };
  return [...members].sort((a, b) => place(a) - place(b));
}

function memberText(member: unknown): string {
  const { data } = Member.safeParse(member);
  return JSON.stringify([data?.subject, data?.role]);
}
