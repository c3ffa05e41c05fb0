import type { Command } from 'commander';
import { stateOf } from '../../cluster-state.ts';
import { clusters } from '../../kinds.ts';
import { changesText, planOf } from '../../objects/plan.ts';
import type { ProfileVersionName } from '../../options.ts';
import { sayWarnings } from '../../output/say-warnings.ts';
import type { Terminal } from '../../output/terminal.ts';
import { inSession, type Session } from '../../session.ts';
import type { CreateFlags, DeleteFlags, UseFlags } from './cluster-change.ts';
import { profileUses } from './cluster-profiles.ts';
import { planText, provisionOf, readDraft } from './provision-plan.ts';

export async function runCreate(
  terminal: Terminal,
  name: string,
  flags: CreateFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const uses = await profileUses(session, [], flags.profile, flags);
    const labels = Object.fromEntries(flags.label.map(({ name, value }) => [name, value]));
    const file = await readDraft(terminal, flags.from);
    const provision = provisionOf(flags) ?? file.provision;
    const draft = {
      name,
      ...(flags.label.length === 0 ? {} : { labels }),
      spec: {
        ...file,
        ...(uses.length === 0 ? {} : { profiles: uses }),
        ...(provision === undefined ? {} : { provision }),
      },
    };
    if (provision === undefined) {
      const object = await session.objects(clusters).create(draft);
      sayWarnings(session, object);
      session.print(object, () => `cluster ${name} is made; next: skerry cluster enroll ${name}`);
      return;
    }
    const plan = await planText(session, name, draft);
    if (flags.plan === true) {
      session.print(draft, () => plan);
      return;
    }
    session.say(plan);
    const object = await session.objects(clusters).create(draft);
    sayWarnings(session, object);
    session.print(
      object,
      () =>
        `cluster ${name} is being made; skerry cluster machines ${name} shows how, skerry cluster wait ${name} waits`,
    );
  });
}

export async function runUse(
  terminal: Terminal,
  name: string,
  profile: ProfileVersionName,
  flags: UseFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const { spec, labels } = await objects.get(name);
    const before = spec.profiles ?? [];
    const uses = await profileUses(session, before, [profile], flags);
    const [fresh] = uses.filter((use) => use.name === profile.name);
    if (flags.plan === true) {
      const { allowEmpty: _, ...policy } = spec.policy ?? {};
      const wanted = { ...spec, ...(spec.policy === undefined ? {} : { policy }), profiles: uses };
      const plan = await planOf(session, session.project(), 'clusters', { name, labels, spec: wanted });
      session.print(plan, () => changesText(plan));
      return;
    }
    const { object, changed } = await objects.change(name, ({ spec }) => {
      // Somebody else may have changed the other profiles meanwhile.
      const others = (spec.profiles ?? []).map((use) => (use.name === fresh?.name ? fresh : use));
      const isNew = others.every((use) => use !== fresh);
      const profiles = isNew && fresh !== undefined ? [...others, fresh] : others;
      // What allowed the cluster to be empty is over.
      const policy = spec.policy?.allowEmpty === undefined ? {} : { policy: { allowEmpty: null } };
      return { spec: { profiles, ...policy } };
    });
    sayWarnings(session, object);
    session.print(object, () =>
      changed
        ? `cluster ${name} gets ${profile.name}@${profile.version}; skerry cluster wait ${name} says when it is ready`
        : `cluster ${name} has ${profile.name}@${profile.version} already`,
    );
  });
}

export async function runUnuse(
  terminal: Terminal,
  name: string,
  profile: string,
  command: Command,
): Promise<void> {
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
}

export async function runPause(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => setPaused(session, name, true));
}

export async function runResume(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => setPaused(session, name, false));
}

export async function runDelete(
  terminal: Terminal,
  name: string,
  { leaveMachines = false, abandon = false }: DeleteFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const cluster = await objects.get(name);
    const profiles = (cluster.spec.profiles ?? []).map((use) => `${use.name}@${use.version}`);
    const { provision } = cluster.spec;
    const isLeft = leaveMachines || abandon || provision?.deletion === 'orphan';
    const count = cluster.status?.infrastructure?.machines.length;
    const machines =
      provision === undefined
        ? ''
        : isLeft
          ? ' Its machines are left as they are, and nobody looks after them any more.'
          : ` Its ${count === undefined ? '' : `${count} `}machines are deleted, and all that is on them.`;
    await session.confirm(
      `Cluster ${name} of project ${cluster.project} (${stateOf(cluster)}, profiles ${profiles.join(', ') || 'none'}) will be forgotten, with its revisions and the right of its agent to come back.${machines}`,
    );
    if (provision !== undefined && (leaveMachines || abandon))
      await objects.change(name, () => ({
        spec: { provision: { deletion: 'orphan', ...(abandon ? { abandon: name } : {}) } },
      }));
    await objects.delete(name);
    session.print({ name, deleted: true }, () =>
      provision === undefined
        ? `cluster ${name} is deleted`
        : `cluster ${name} goes once its machines have; skerry cluster wait ${name} --for deleted waits for it`,
    );
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
