import { profileObjectName } from '../../../api/names.ts';
import { checkSettings, type Settings, variablesOf } from '../../cluster-variables.ts';
import { type Cluster, profiles } from '../../kinds.ts';
import type { ProfileVersionName } from '../../options.ts';
import type { Session } from '../../session.ts';
import type { VariableFlags } from './variable-options.ts';

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
