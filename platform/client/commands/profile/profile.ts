import { Command, InvalidArgumentError } from 'commander';
import { compare } from 'semver';
import { z } from 'zod';
import { ProfileName, ProfileVersion, profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { clusters, type Profile, profiles } from '../../kinds.ts';
import { parseSpec, readText } from '../../object-file.ts';
import {
  type ListFlags,
  type ProfileVersionName,
  type ProjectOptions,
  parseProfileVersion,
  withList,
  withProject,
  withYes,
} from '../../options.ts';
import { inSession, type Session } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { listObjects } from '../../view.ts';
import { readPack } from '../pack.ts';
import { differenceLines, differences } from './profile-diff.ts';
import { withDigests } from './profile-digests.ts';
import { profileView } from './profile-view.ts';

export function profileCommand(terminal: Terminal): Command {
  const command = new Command('profile');
  for (const make of [listCommand, showCommand, createCommand, versionsCommand, diffCommand, deleteCommand])
    command.addCommand(make(terminal));
  return command;
}

function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the profiles of a project, or of all, in all their versions')
    .addHelpText('after', '\nExample:\n  skerry profile list --project payments')
    .action(async (options: ListFlags, command: Command) => {
      await inSession(terminal, command, (session) =>
        listObjects(session, profileView, { ...options, order: byVersion }),
      );
    });
}

interface NamedProfile {
  readonly name: string;
  /** The newest when absent. */
  readonly version?: string | undefined;
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one version of a profile, the newest where none is named')
    .argument('<profile>', 'NAME or NAME@VERSION', parseProfile)
    .addHelpText(
      'after',
      '\nExamples:\n  skerry profile show base\n  skerry profile show base@1.0.0 --output yaml',
    )
    .action(async (profile: NamedProfile, _options: ProjectOptions, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const found = await findProfile(session, profile);
        session.print(found, () => profileView.describe(found, terminal.now()));
      });
    });
}

function createCommand(terminal: Terminal): Command {
  return withProject(new Command('create'))
    .description('make a version of a profile; it never changes')
    .requiredOption(
      '-f, --filename <file>',
      'a ClusterProfile or its spec, in YAML or JSON; - for standard input',
    )
    .addHelpText(
      'after',
      `
Another version is another object: change the version in the file, and create it too. Packs without a digest get that of
their version in the private registry as it is now.

Example:
  skerry profile create -f base-1.0.0.yaml --project payments`,
    )
    .action(async ({ filename }: ProjectOptions & { filename: string }, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const spec = parseSpec(await readText(filename, terminal.stdin), filename, 'ClusterProfile');
        const named = Named.safeParse(spec);
        if (!named.success) {
          const [issue] = named.error.issues;
          const detail = `${issue?.path.join('.')}: ${issue?.message}`;
          throw platformError('OBJECT_FILE_INVALID', { subject: filename, detail });
        }
        const { name, version } = named.data;
        const made = await session.objects(profiles).create({
          name: profileObjectName({ name, version }),
          spec: await withDigests(
            named.data,
            async (pack, wanted) => (await readPack(session, pack, wanted)).digest,
          ),
        });
        session.print(made, () => `profile ${name}@${version} is made`);
      });
    });
}

const Named = z.looseObject({ name: ProfileName, version: ProfileVersion });

function versionsCommand(terminal: Terminal): Command {
  return withProject(new Command('versions'))
    .description('the versions of a profile, newest last, and how many clusters have them')
    .argument('<profile>', 'its name')
    .addHelpText('after', '\nExample:\n  skerry profile versions base')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
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
    });
}

function diffCommand(terminal: Terminal): Command {
  return withProject(new Command('diff'))
    .description('what is different between two versions of profiles')
    .argument('<before>', 'NAME@VERSION', parseProfileVersion)
    .argument('<after>', 'NAME@VERSION', parseProfileVersion)
    .addHelpText('after', '\nExample:\n  skerry profile diff base@1.0.0 base@1.1.0')
    .action(
      async (
        before: ProfileVersionName,
        after: ProfileVersionName,
        _options: ProjectOptions,
        command: Command,
      ) => {
        await inSession(terminal, command, async (session) => {
          const objects = session.objects(profiles);
          const old = await objects.get(profileObjectName(before));
          const fresh = await objects.get(profileObjectName(after));
          const found = differences(old.spec, fresh.spec);
          session.print({ differences: found }, () => differenceLines(found).join('\n') || 'the same');
        });
      },
    );
}

function deleteCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('delete')))
    .description('delete a version of a profile that no cluster has')
    .argument('<profile>', 'NAME@VERSION', parseProfileVersion)
    .addHelpText('after', '\nExample:\n  skerry profile delete base@1.0.0')
    .action(async (profile: ProfileVersionName, _options: ProjectOptions, command: Command) => {
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
    });
}

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

function parseProfile(text: string): NamedProfile {
  if (text.includes('@')) return parseProfileVersion(text);
  if (!ProfileName.safeParse(text).success)
    throw new InvalidArgumentError('a profile as NAME or NAME@VERSION');
  return { name: text };
}
