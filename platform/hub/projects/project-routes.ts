import { z } from 'zod';
import { GROUP } from '../../api/group.ts';
import { cutPage, PageQuery, pageOf } from '../http/page.ts';
import { nothing, Reply, type Route, route } from '../http/route.ts';
import type { Action, User } from '../kubernetes.ts';
import { creationMark, IdempotencyKey } from '../resources/idempotency.ts';
import { entityTag, IfMatch } from '../resources/preconditions.ts';
import { ProjectName } from '../resources/wire-object.ts';
import { visibleProjects } from '../stream/sight.ts';
import { Members } from './members.ts';
import { type Projects, projectOf } from './projects.ts';

export interface ProjectRoutesOptions {
  readonly projects: Projects;
  readonly permits: (user: User, action: Action) => Promise<boolean>;
  readonly randomId: () => string;
}

const Project = z.object({
  name: z.string(),
  uid: z.string(),
  created: z.iso.datetime(),
  version: z.string(),
  description: z.string().optional(),
  deleting: z.string().optional(),
});
const ProjectInput = z.strictObject({
  name: ProjectName,
  description: z.string().max(500).optional(),
  members: Members.optional(),
});
const MemberList = z.object({ members: Members, version: z.string() });
const Named = z.strictObject({ project: ProjectName });
const WriteQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).optional() });
const Match = z.strictObject({ 'if-match': IfMatch.optional() });
const ETAG = { etag: 'For If-Match.' };
const TAG = 'projects';

/** Projects and who is in them. */
export function projectRoutes({ projects, permits, randomId }: ProjectRoutesOptions): Route[] {
  return [
    route({
      path: '/api/v1/projects',
      operationId: 'listProjects',
      summary: 'Lists the projects that the user may see',
      tag: TAG,
      params: nothing,
      query: PageQuery,
      answers: 'ProjectList',
      response: pageOf(Project),
      // Each project is asked for by itself: who is in one project only may know of that one.
      action: () => [],
      answer: async ({ query, user, signal }) => {
        const all = new Map((await projects.list(signal)).map((item) => [item.metadata.name, item]));
        const seen = (await permits(user, mayDo('list')))
          ? [...all.keys()]
          : await visibleProjects(permits, user, [...all.keys()]);
        const { names, next } = cutPage(seen, query, (name, last) => name > last);
        const items = names.flatMap((name) => all.get(name) ?? []);
        return { items: items.map(projectOf), continue: next };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/projects',
      operationId: 'createProject',
      summary: 'Makes a project with its members',
      tag: TAG,
      params: nothing,
      query: WriteQuery,
      headers: z.strictObject({ 'idempotency-key': IdempotencyKey.optional() }),
      body: ProjectInput,
      takes: 'ProjectInput',
      status: 201,
      answers: 'Project',
      response: Project,
      answerHeaders: ETAG,
      problems: ['OBJECT_EXISTS', 'PROJECT_FOREIGN', 'IDEMPOTENCY_KEY_REUSED', 'OBJECT_REFUSED'],
      action: () => mayDo('create'),
      answer: async ({ query, headers, body, user, signal }) => {
        const { name, description, members = [] } = body;
        const mark = creationMark(user.username, headers['idempotency-key'] ?? randomId(), body);
        const context = { signal, dryRun: query.dryRun === 'true' };
        const made = projectOf(await projects.create({ name, description, members }, mark, context));
        return new Reply(made, {
          headers: { etag: entityTag(made.version), location: `/api/v1/projects/${name}` },
        });
      },
    }),
    route({
      path: '/api/v1/projects/{project}',
      operationId: 'getProject',
      summary: 'Reads a project',
      tag: TAG,
      params: Named,
      query: nothing,
      answers: 'Project',
      response: Project,
      answerHeaders: ETAG,
      problems: ['PROJECT_NOT_FOUND'],
      action: ({ project }) => mayDo('get', project),
      answer: async ({ params: { project }, signal }) => {
        const found = projectOf(await projects.get(project, signal));
        return new Reply(found, { headers: { etag: entityTag(found.version) } });
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/projects/{project}',
      operationId: 'deleteProject',
      summary: 'Deletes a project that has no clusters, with all that is in its namespace',
      tag: TAG,
      params: Named,
      query: WriteQuery,
      headers: Match,
      status: 204,
      answers: 'Nothing',
      response: z.void(),
      problems: ['PROJECT_NOT_FOUND', 'PROJECT_NOT_EMPTY', 'PRECONDITION_FAILED'],
      action: ({ project }) => mayDo('delete', project),
      answer: async ({ params: { project }, query, headers, signal }) => {
        await projects.delete(project, headers['if-match'], { signal, dryRun: query.dryRun === 'true' });
      },
    }),
    ...memberRoutes(projects),
  ];
}

function memberRoutes(projects: Projects): Route[] {
  const one = {
    path: '/api/v1/projects/{project}/members',
    tag: TAG,
    params: Named,
    answers: 'ProjectMembers',
    response: MemberList,
    answerHeaders: ETAG,
  };
  return [
    route({
      ...one,
      operationId: 'getProjectMembers',
      summary: 'Lists the members of a project with their roles',
      query: nothing,
      problems: ['PROJECT_NOT_FOUND'],
      action: ({ project }) => mayDo('get', project, 'members'),
      answer: async ({ params: { project }, signal }) => {
        await projects.get(project, signal);
        const found = await projects.members(project, signal);
        return new Reply(found, { headers: { etag: entityTag(found.version) } });
      },
    }),
    route({
      ...one,
      method: 'PUT',
      operationId: 'replaceProjectMembers',
      summary: 'Gives roles to exactly these members',
      query: WriteQuery,
      headers: Match,
      body: z.strictObject({ members: Members, version: z.unknown().optional() }),
      takes: 'ProjectMembersInput',
      problems: ['PROJECT_NOT_FOUND', 'PRECONDITION_FAILED', 'OBJECT_CHANGED'],
      action: ({ project }) => mayDo('update', project, 'members'),
      answer: async ({ params: { project }, query, headers, body, signal }) => {
        const context = { signal, dryRun: query.dryRun === 'true' };
        await projects.setMembers(project, body.members, headers['if-match'], context);
        const now = await projects.members(project, signal);
        return new Reply(now, { headers: { etag: entityTag(now.version) } });
      },
    }),
  ];
}

function mayDo(verb: Action['verb'], project?: string, subresource?: string): Action {
  return { verb, group: GROUP, resource: 'projects', subresource, namespace: project, name: project };
}
