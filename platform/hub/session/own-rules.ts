import { z } from 'zod';
import { mapLimited } from '../../../content/limit.ts';
import { GROUP } from '../../api/group.ts';
import { kinds } from '../../api/kinds.ts';
import type { Action, User } from '../kubernetes.ts';

export type Permits = (user: User, action: Action) => Promise<boolean>;

/** Verbs that a user may use on resources, as in a rule of RBAC. */
export const Rule = z.object({ verbs: z.array(z.string()), resources: z.array(z.string()) });
export type Rule = z.infer<typeof Rule>;

type Verb = Action['verb'];

const READ: readonly Verb[] = ['get', 'list'];
const ALL: readonly Verb[] = ['get', 'list', 'create', 'update', 'patch', 'delete'];
/** What the hub asks about besides its kinds. */
const OTHERS: Readonly<Record<string, readonly Verb[]>> = {
  packs: READ,
  projects: ['get', 'list', 'create', 'delete'],
  'projects/members': ['get', 'update'],
  'clusters/export': ['get'],
  'clusters/kubeconfig': ['get'],
  reports: ['create'],
  authority: ['get', 'update'],
  audit: ['get'],
  platform: ['get'],
};
/** Questions put to the API server at a time. */
const WIDTH = 16;

/**
 * What a user may do in a project, or in all where none is named. It is asked as each request asks, so that a button
 * is there exactly when its request is let through.
 */
export async function rulesOf(permits: Permits, user: User, project: string | undefined): Promise<Rule[]> {
  const resources = new Map(Object.entries(OTHERS));
  for (const { plural } of kinds) resources.set(plural, ALL);
  const questions = [...resources].flatMap(([name, verbs]) => verbs.map((verb) => ({ name, verb })));
  const answers = await mapLimited(questions, WIDTH, async ({ name, verb }) => {
    const [resource = name, subresource] = name.split('/');
    return await permits(user, { verb, group: GROUP, resource, subresource, namespace: project });
  });
  const allowed = Map.groupBy(
    questions.filter((_, at) => answers[at] === true),
    ({ name }) => name,
  );
  // Resources with the same verbs make one rule.
  const byVerbs = Map.groupBy(allowed, ([, found]) => found.map(({ verb }) => verb).join(' '));
  return [...byVerbs].map(([verbs, found]) => ({
    verbs: verbs.split(' '),
    resources: found.map(([name]) => name),
  }));
}
