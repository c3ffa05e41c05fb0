import { Command } from 'commander';
import { clusters } from '../../kinds.ts';
import {
  type Assignment,
  collect,
  type ProfileVersionName,
  type ProjectOptions,
  parseAssignment,
  parseProfileVersion,
  withProject,
  withYes,
} from '../../options.ts';
import { inSession, type Session } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { profileUses, type VariableFlags, withVariables } from './cluster-profiles.ts';
import { stateOf } from './cluster-view.ts';

interface CreateFlags extends ProjectOptions, VariableFlags {
  readonly profile: readonly ProfileVersionName[];
  readonly label: readonly Assignment[];
}

export function createCommand(terminal: Terminal): Command {
  return withVariables(withProject(new Command('create')))
    .description('make a cluster known, for an existing one to join as')
    .argument('<name>', 'for the cluster')
    .option('--profile <name@version>', 'may be repeated', collect(parseProfileVersion), [])
    .option('--label <key=value>', 'may be repeated', collect(parseAssignment), [])
    .addHelpText(
      'after',
      `
Examples:
  skerry cluster create edge-1 --profile base@1.0.0 --set-variable replicas=2 --label site=north
  skerry cluster create edge-2 --profile base@1.0.0 --profile shop@2.1.0 --set-secret password=shop/password`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const uses = await profileUses(session, [], flags.profile, flags);
        const labels = Object.fromEntries(flags.label.map(({ name, value }) => [name, value]));
        const object = await session.objects(clusters).create({
          name,
          ...(flags.label.length === 0 ? {} : { labels }),
          spec: uses.length === 0 ? {} : { profiles: uses },
        });
        session.print(object, () => `cluster ${name} is made; next: skerry cluster enroll ${name}`);
      });
    });
}

export function useCommand(terminal: Terminal): Command {
  return withVariables(withProject(new Command('use')))
    .description('give a cluster a version of a profile: another one, an earlier one, or a further profile')
    .argument('<name>', 'of the cluster')
    .argument('<profile@version>', 'e.g. base@1.1.0', parseProfileVersion)
    .addHelpText(
      'after',
      `
Variables keep the values that they have. For many clusters, see skerry fleet rollout.

Examples:
  skerry cluster use edge-1 base@1.1.0
  skerry cluster use edge-1 base@1.1.0 --set-variable replicas=3`,
    )
    .action(
      async (
        name: string,
        profile: ProfileVersionName,
        flags: ProjectOptions & VariableFlags,
        command: Command,
      ) => {
        await inSession(terminal, command, async (session) => {
          const objects = session.objects(clusters);
          const { spec } = await objects.get(name);
          const before = spec.profiles ?? [];
          const profiles = await profileUses(session, before, [profile], flags);
          const [fresh] = profiles.filter((use) => use.name === profile.name);
          const { object, changed } = await objects.change(name, ({ spec }) => {
            // Somebody else may have changed the other profiles meanwhile.
            const others = (spec.profiles ?? []).map((use) => (use.name === fresh?.name ? fresh : use));
            const isNew = others.every((use) => use !== fresh);
            const profiles = isNew && fresh !== undefined ? [...others, fresh] : others;
            // What allowed the cluster to be empty is over.
            const policy = spec.policy?.allowEmpty === undefined ? {} : { policy: { allowEmpty: null } };
            return { spec: { profiles, ...policy } };
          });
          session.print(object, () =>
            changed
              ? `cluster ${name} gets ${profile.name}@${profile.version}; skerry cluster wait ${name} says when it is ready`
              : `cluster ${name} has ${profile.name}@${profile.version} already`,
          );
        });
      },
    );
}

export function unuseCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('unuse')))
    .description('take a profile from a cluster; its packs are removed there')
    .argument('<name>', 'of the cluster')
    .argument('<profile>', 'name of the profile')
    .addHelpText('after', '\nExample:\n  skerry cluster unuse edge-2 shop')
    .action(async (name: string, profile: string, _flags: ProjectOptions, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const objects = session.objects(clusters);
        const { spec } = await objects.get(name);
        if (spec.profiles?.some((use) => use.name === profile) !== true) {
          session.print({ name, changed: false }, () => `cluster ${name} has no profile ${profile}`);
          return;
        }
        await session.confirm(`The packs of profile ${profile} will be removed from cluster ${name}.`);
        const { object } = await objects.change(name, ({ spec }) => {
          const profiles = (spec.profiles ?? []).filter((use) => use.name !== profile);
          return { spec: { profiles, ...(profiles.length === 0 ? { policy: { allowEmpty: true } } : {}) } };
        });
        session.print(object, () => `cluster ${name} no longer has profile ${profile}`);
      });
    });
}

export function pauseCommand(terminal: Terminal): Command {
  return withProject(new Command('pause'))
    .description('send nothing new to a cluster, and correct nothing in it')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster pause edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      await inSession(terminal, command, (session) => setPaused(session, name, true));
    });
}

export function resumeCommand(terminal: Terminal): Command {
  return withProject(new Command('resume'))
    .description('go on after skerry cluster pause')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster resume edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      await inSession(terminal, command, (session) => setPaused(session, name, false));
    });
}

async function setPaused(session: Session, name: string, paused: boolean): Promise<void> {
  const { object } = await session
    .objects(clusters)
    .change(name, ({ spec }) =>
      (spec.paused ?? false) === paused ? undefined : { spec: { paused: paused ? true : null } },
    );
  session.print(object, () => `cluster ${name} ${paused ? 'is paused' : 'goes on'}`);
}

export function deleteCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('delete')))
    .description('forget a cluster; what runs in it stays')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExamples:\n  skerry cluster delete edge-1\n  skerry cluster delete edge-1 --yes')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const objects = session.objects(clusters);
        const cluster = await objects.get(name);
        const profiles = (cluster.spec.profiles ?? []).map((use) => `${use.name}@${use.version}`);
        await session.confirm(
          `Cluster ${name} of project ${cluster.project} (${stateOf(cluster)}, profiles ${profiles.join(', ') || 'none'}) will be forgotten, with its revisions and the right of its agent to come back.`,
        );
        await objects.delete(name);
        session.print({ name, deleted: true }, () => `cluster ${name} is deleted`);
      });
    });
}
