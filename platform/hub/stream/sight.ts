import { mapLimited } from '../../../content/limit.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { GROUP } from '../../api/group.ts';
import { platformError } from '../../errors.ts';
import type { Action, User } from '../kubernetes.ts';
import { actionOn } from '../resources/resource-operation.ts';

/** Of each kind, by its plural, the projects in which a user sees it. */
export type Sight = ReadonlyMap<string, ReadonlySet<string> | 'all'>;

export interface SightWorld {
  readonly permits: (user: User, action: Action) => Promise<boolean>;
  /** Names of all projects. */
  readonly projects: (signal: AbortSignal) => Promise<readonly string[]>;
}

export interface Looking {
  readonly user: User;
  readonly kinds: readonly CustomResource[];
  readonly verb: 'list' | 'watch';
  /** This project alone. */
  readonly project?: string | undefined;
  readonly signal: AbortSignal;
}

/** How many permissions are asked for at a time. */
const WIDTH = 8;

/** Where a user sees each kind. Throws ACCESS_DENIED for a kind that they see nowhere. */
export async function sightOf(world: SightWorld, looking: Looking): Promise<Sight> {
  const { user, kinds, verb, project, signal } = looking;
  const sight = new Map<string, ReadonlySet<string> | 'all'>();
  let visible: readonly string[] | undefined;
  for (const kind of kinds) {
    if (project === undefined && (await world.permits(user, actionOn(kind, verb)))) {
      sight.set(kind.plural, 'all');
      continue;
    }
    // Who may not even see a project is asked for no kind in it.
    visible ??=
      project === undefined
        ? await visibleProjects(world.permits, user, await world.projects(signal))
        : [project];
    const mayDo = async (name: string) => await world.permits(user, actionOn(kind, verb, name));
    sight.set(kind.plural, new Set(await filter(visible, mayDo)));
  }
  checkSight(sight, user, verb);
  return sight;
}

/** Asks again for what was granted, and for nothing else. Throws ACCESS_DENIED where any of it was taken back. */
export async function checkGranted(world: SightWorld, sight: Sight, looking: Looking): Promise<void> {
  for (const kind of looking.kinds) {
    const projects = sight.get(kind.plural) ?? new Set();
    await mapLimited(projects === 'all' ? [undefined] : projects, WIDTH, async (name) => {
      if (!(await world.permits(looking.user, actionOn(kind, looking.verb, name))))
        throw denied(looking.user, kind.plural, looking.verb);
    });
  }
}

function checkSight(sight: Sight, user: User, verb: string): void {
  for (const [plural, projects] of sight)
    if (projects !== 'all' && projects.size === 0) throw denied(user, plural, verb);
}

function denied({ username }: User, plural: string, verb: string) {
  return platformError('ACCESS_DENIED', {
    subject: `${verb} ${plural}.${GROUP}`,
    detail: `user ${username}`,
  });
}

/** Of the projects with these names those that a user may see. */
export async function visibleProjects(
  permits: SightWorld['permits'],
  user: User,
  names: readonly string[],
): Promise<readonly string[]> {
  const mayGet = async (name: string) =>
    await permits(user, { verb: 'get', group: GROUP, resource: 'projects', namespace: name, name });
  return await filter(names, mayGet);
}

async function filter(names: readonly string[], isMeant: (name: string) => Promise<boolean>) {
  const found = await mapLimited(names, WIDTH, async (name) => ((await isMeant(name)) ? [name] : []));
  return found.flat();
}
