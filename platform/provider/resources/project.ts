import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isRefusal } from '../../client/connection/problem-error.ts';
import { requestPath } from '../../client/connection/request-path.ts';
import { narrow } from '../../client/narrow.ts';
import { errorDiagnostic } from '../diagnostic.ts';
import type { Attribute } from '../schema/attribute.ts';
import { fromFields, toFields } from '../value/json.ts';
import { type ObjectValue, UNKNOWN } from '../value/value.ts';
import { differences, emptyState, ID, NAME, textOf, UID } from './object-state.ts';
import type { Plan, Resource, Work } from './resource.ts';
import { untilGone } from './until-gone.ts';

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

const Project = z.looseObject({ name: z.string(), uid: z.string(), description: z.string().optional() });
const Member = z.looseObject({ subject: z.string(), role: z.string() });
const Members = z.looseObject({ members: z.array(Member) });

/** A project with all of its members. */
class ProjectResource implements Resource {
  readonly typeName = 'skerry_project';
  readonly description = 'A project: a namespace of clusters and profiles, with those who may work in it.';
  readonly version = 0;
  readonly attributes: readonly Attribute[] = [ID, NAME, UID, DESCRIPTION, MEMBERS];

  async plan(
    _work: Work | undefined,
    { before, proposed }: { before: ObjectValue | undefined; proposed: ObjectValue },
  ): Promise<Plan> {
    const id = textOf(proposed.name) ?? UNKNOWN;
    if (before === undefined) return { planned: { ...proposed, id, uid: UNKNOWN }, replace: [] };
    const replace = differences(before, proposed, [NAME]);
    if (replace.length > 0) return { planned: { ...proposed, id, uid: UNKNOWN }, replace };
    // Not by making another project: all that is in this one would go with it.
    const diagnostics = differences(before, proposed, [DESCRIPTION]).map((name) =>
      errorDiagnostic({
        summary: `OBJECT_IMMUTABLE in "${name}"`,
        detail: 'The description of a project that is there never changes. Write the one that it has.',
        path: [name],
      }),
    );
    return { planned: { ...proposed, id }, replace: [], diagnostics };
  }

  async create({ hub }: Work, planned: ObjectValue): Promise<ObjectValue> {
    const body = toFields(planned, [NAME, DESCRIPTION, MEMBERS]);
    // Sent again after a lost answer, it gives the project that the first one made.
    const headers = { 'idempotency-key': randomUUID() };
    const answer = await hub.connection.send({ method: 'POST', path: '/api/v1/projects', body, headers });
    const { name, uid } = narrow(Project, answer.body, this.typeName);
    return { ...planned, id: name, uid };
  }

  async update({ hub, signal }: Work, { planned }: { planned: ObjectValue }): Promise<ObjectValue> {
    const path = membersPath(planned);
    const { etag } = await hub.connection.send({ method: 'GET', path, signal });
    const { members = [] } = toFields(planned, [MEMBERS]);
    await hub.connection.send({
      method: 'PUT',
      path,
      body: { members },
      headers: { 'if-match': etag },
    });
    return planned;
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
    // A project of the same name that somebody made after this one was deleted is not this one.
    if (typeof state.uid === 'string' && state.uid !== project.uid) return undefined;
    const before = { ...state, id: project.name, name: project.name, uid: project.uid };
    if (listed === undefined) return before;
    const { members } = narrow(Members, listed, this.typeName);
    const fields = {
      description: project.description,
      members: inOrderOf(members, toFields(state, [MEMBERS]).members),
    };
    return { ...before, ...fromFields(fields, [DESCRIPTION, MEMBERS], state) };
  }

  async delete(work: Work, state: ObjectValue): Promise<void> {
    const isThere = async () => {
      const found = await work.hub.find(projectPath(state), work.signal);
      return found !== undefined && narrow(Project, found, this.typeName).uid === state.uid;
    };
    if (!(await isThere())) return;
    await work.hub.delete(projectPath(state));
    await untilGone(`project ${textOf(state.id)}`, work, isThere);
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
