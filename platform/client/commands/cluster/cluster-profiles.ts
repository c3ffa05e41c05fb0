import type { Command } from 'commander';
import { profileObjectName } from '../../../api/names.ts';
import { checkSettings, type Settings, variablesOf } from '../../cluster-variables.ts';
import { type Cluster, profiles } from '../../kinds.ts';
import { type Assignment, collect, type ProfileVersionName, parseAssignment } from '../../options.ts';
import type { Session } from '../../session.ts';

export interface VariableFlags {
  readonly setVariable: readonly Assignment[];
  readonly setSecret: readonly Assignment[];
}

export function withVariables(command: Command): Command {
  return command
    .option(
      '--set-variable <name=value>',
      'a variable of the profile; may be repeated',
      collect(parseAssignment),
      [],
    )
    .option(
      '--set-secret <name=secret/key>',
      'a sensitive variable, from a Secret of the project; may be repeated',
      collect(parseAssignment),
      [],
    );
}

/** The profiles of a cluster with some of them at other versions, in the order in which they were. */
export async function profileUses(
  session: Session,
  before: NonNullable<Cluster['spec']['profiles']>,
  wanted: readonly ProfileVersionName[],
  { setVariable, setSecret }: VariableFlags,
) {
  const settings: Settings = { values: setVariable, secrets: setSecret };
  const found = await Promise.all(
    wanted.map(async (version) => await session.objects(profiles).get(profileObjectName(version))),
  );
  checkSettings(found, settings);
  const uses = new Map(before.map((use) => [use.name, use]));
  for (const { spec } of found) {
    const variables = variablesOf({ spec }, uses.get(spec.name)?.variables ?? [], settings);
    const { name, version } = spec;
    uses.set(name, { name, version, ...(variables.length === 0 ? {} : { variables }) });
  }
  return [...uses.values()];
}
