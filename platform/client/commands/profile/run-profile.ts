import type { Command } from 'commander';
import { compare } from 'semver';
import { z } from 'zod';
import { ProfileName, ProfileVersion, profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { clusters, type Profile, profiles } from '../../kinds.ts';
import { placed } from '../../objects/fault-place.ts';
import { parseSpec, readText } from '../../objects/object-file.ts';
import { changesText, planOf } from '../../objects/plan.ts';
import type { ListFlags, ProfileVersionName } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { listObjects } from '../../output/view.ts';
import { inSession, type Session } from '../../session.ts';
import { readPack } from '../run-pack.ts';
import type { CreateProfileFlags, NamedProfile } from './profile.ts';
import { differenceLines, differences } from './profile-diff.ts';
import { withDigests } from './profile-digests.ts';
import { profileView } from './profile-view.ts';

export async function runList(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) =>
    listObjects(session, profileView, { ...options, order: byVersion }),
  );
}

export async function runShow(terminal: Terminal, profile: NamedProfile, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const found = await findProfile(session, profile);
    session.print(found, () => profileView.describe(found, terminal.now()));
  });
}

export async function runCreate(
  terminal: Terminal,
  { filename, plan = false }: CreateProfileFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const text = await readText(filename, terminal.stdin);
    const spec = parseSpec(text, filename, 'ClusterProfile');
    const named = Named.safeParse(spec);
    if (!named.success) {
      const [issue] = named.error.issues;
      const detail = `${issue?.path.join('.')}: ${issue?.message}`;
      throw platformError('OBJECT_FILE_INVALID', { subject: filename, detail });
    }
    const { name, version } = named.data;
    const draft = {
      name: profileObjectName({ name, version }),
      spec: await withDigests(
        named.data,
        async (pack, wanted) => (await readPack(session, pack, wanted)).digest,
      ),
    };
    const meant = { source: filename, text, kind: 'ClusterProfile', name: draft.name };
    await placed(meant, async () => {
      if (plan) {
        const planned = await planOf(session, session.project(), 'clusterprofiles', draft);
        session.print(planned, () => changesText(planned));
        return;
      }
      const made = await session.objects(profiles).create(draft);
      session.print(made, () => `profile ${name}@${version} is made`);
    });
  });
}

export async function runVersions(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const all = await session.objects(clusters).list();
    const uses = all.flatMap(({ spec }) => spec.profiles ?? []).filter((use) => use.name === name);
    await listObjects(
      session,
      {
        ...profileView,
        headings: [...profileView.headings, 'CLUSTERS'],
        row: (profile, now) => [
          ...profileView.row(profile, now),
          String(uses.filter(({ version }) => version === profile.spec.version).length),
        ],
      },
      { filter: ({ spec }) => spec.name === name, order: byVersion },
    );
  });
}

export async function runDiff(
  terminal: Terminal,
  before: ProfileVersionName,
  after: ProfileVersionName,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(profiles);
    const old = await objects.get(profileObjectName(before));
    const fresh = await objects.get(profileObjectName(after));
    const found = differences(old.spec, fresh.spec);
    session.print({ differences: found }, () => differenceLines(found).join('\n') || 'the same');
  });
}

export async function runDelete(
  terminal: Terminal,
  profile: ProfileVersionName,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const subject = `${profile.name}@${profile.version}`;
    await session.objects(profiles).get(profileObjectName(profile));
    const users = (await session.objects(clusters).list()).filter(({ spec }) =>
      spec.profiles?.some(({ name, version }) => name === profile.name && version === profile.version),
    );
    if (users.length > 0) {
      const names = users.slice(0, 10).map(({ name }) => name);
      throw platformError('PROFILE_IN_USE', {
        subject,
        detail: `${users.length} clusters: ${names.join(', ')}`,
      });
    }
    await session.confirm(`Profile ${subject} will be deleted; no cluster has it.`);
    await session.objects(profiles).delete(profileObjectName(profile));
    session.print({ ...profile, deleted: true }, () => `profile ${subject} is deleted`);
  });
}

const Named = z.looseObject({ name: ProfileName, version: ProfileVersion });

async function findProfile(session: Session, { name, version }: NamedProfile): Promise<Profile> {
  const objects = session.objects(profiles);
  if (version !== undefined) return await objects.get(profileObjectName({ name, version }));
  const all = (await objects.list()).filter(({ spec }) => spec.name === name).sort(byVersion);
  const newest = all.at(-1);
  // The hub's own refusal says it best.
  return newest ?? (await objects.get(name));
}

function byVersion(a: Profile, b: Profile): number {
  if (a.spec.name !== b.spec.name) return a.spec.name < b.spec.name ? -1 : 1;
  return compare(a.spec.version, b.spec.version);
}
