import { type Profile, profiles } from '../../kinds.ts';
import { age } from '../../output/age.ts';
import { fields, table } from '../../output/table.ts';
import type { View } from '../../output/view.ts';

/** How versions of profiles are shown. */
export const profileView: View<Profile> = {
  kind: profiles,
  headings: ['PROFILE', 'VERSION', 'PACKS', 'AGE', 'DESCRIPTION'],
  row: ({ spec, created }, now) => [
    spec.name,
    spec.version,
    spec.packs.map(({ name, version }) => `${name}@${version}`).join(','),
    age(created, now),
    spec.description ?? '',
  ],
  describe: ({ project, created, spec }, now) => {
    const { variables = [], packs } = spec;
    return [
      fields([
        ['profile', spec.name],
        ['version', spec.version],
        ['project', project],
        ['age', age(created, now)],
        ['description', spec.description],
      ]),
      '',
      'PACKS',
      table(
        ['NAME', 'VERSION', 'NAMESPACE', 'PRESET', 'AFTER', 'DIGEST'],
        packs.map(({ name, version, namespace, preset, dependsOn = [], digest }) => [
          name,
          version,
          namespace ?? name,
          preset ?? '',
          dependsOn.join(','),
          digest,
        ]),
      ),
      ...(variables.length === 0 ? [] : ['', 'VARIABLES', variableTable(variables)]),
    ].join('\n');
  },
};

function variableTable(variables: NonNullable<Profile['spec']['variables']>): string {
  return table(
    ['NAME', 'TYPE', 'DEFAULT', 'REQUIRED', 'DESCRIPTION'],
    variables.map((variable) => [
      variable.name,
      variable.sensitive === true ? `${variable.type ?? 'string'} (secret)` : (variable.type ?? 'string'),
      variable.default === undefined ? '' : JSON.stringify(variable.default),
      variable.required === true ? 'yes' : '',
      variable.description ?? '',
    ]),
  );
}
