import { useState } from 'react';
import type { Cluster } from '../../../client/kinds.ts';
import { useChange } from '../hub/change.ts';
import { useObjects } from '../hub/objects.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Facts } from '../parts/facts.tsx';
import { SelectField } from '../parts/field.tsx';
import { YamlText } from '../parts/yaml-text.tsx';
import { ChangePlan } from '../plan/change-plan.tsx';
import { VariableFields } from '../variables/variable-fields.tsx';
import { type TypedValues, typedValues, variableValues } from '../variables/variable-values.ts';
import { profilesWith, profilesWithout } from './profile-uses.ts';

interface SettingsTabProps {
  readonly cluster: Cluster;
  readonly mayChange: boolean;
}

/** Which profiles the cluster has, and the rest of what was asked for. */
export function SettingsTab({ cluster, mayChange }: SettingsTabProps) {
  const { spec, labels = {} } = cluster;
  return (
    <>
      <Facts
        facts={[
          [
            'Labels',
            Object.entries(labels)
              .map((pair) => pair.join('='))
              .join(', '),
          ],
          ['Drift', spec.policy?.drift?.mode ?? 'correct'],
          [
            'Maintenance',
            spec.policy?.maintenance
              ?.map(
                ({ days, start, minutes, timeZone }) =>
                  `${days?.join(' ') ?? 'every day'} ${start}, ${minutes} minutes, ${timeZone ?? 'UTC'}`,
              )
              .join('; ') ?? 'changes may begin at any time',
          ],
        ]}
      />
      {mayChange ? <ChangeProfile cluster={cluster} /> : null}
      {mayChange && spec.agent?.key !== undefined ? <LockOut cluster={cluster} /> : null}
      <h2>All that was asked for</h2>
      <YamlText value={spec} label="Spec of the cluster" />
    </>
  );
}

function ChangeProfile({ cluster }: { readonly cluster: Cluster }) {
  const { patch } = useChange('clusters');
  const { data: profiles = [] } = useObjects('clusterprofiles', cluster.project);
  const [chosen, setChosen] = useState('');
  const [typed, setTyped] = useState<TypedValues>({});
  const profile = profiles.find(({ name }) => name === chosen);
  const used = cluster.spec.profiles ?? [];
  const variables = profile?.spec.variables ?? [];
  const choose = (wanted: string) => {
    const next = profiles.find(({ name }) => name === wanted)?.spec;
    setChosen(wanted);
    setTyped(typedValues(used.find(({ name }) => name === next?.name)?.variables));
  };
  const after = (next: NonNullable<typeof profile>['spec']) =>
    profilesWith(used, { ...next, variables: variableValues(variables, typed) });
  return (
    <section aria-labelledby="change-profile">
      <h2 id="change-profile">Profiles</h2>
      <div className="row">
        <SelectField
          label="Version to use"
          value={chosen}
          onValue={choose}
          choices={[
            { value: '', label: profiles.length === 0 ? 'the project has no profile' : 'choose a version' },
            ...profiles.map(({ name, spec }) => ({ value: name, label: `${spec.name}@${spec.version}` })),
          ]}
        />
        {profile === undefined ? null : (
          <ActionButton
            label="Use it"
            title={`Use ${profile.spec.name}@${profile.spec.version} in ${cluster.name}?`}
            act={async () => await patch(cluster, { spec: { profiles: after(profile.spec) } })}
            onDone={() => setChosen('')}
          >
            <p>
              Its agent applies what is new as soon as it hears of it, or when the next maintenance window
              opens. Packs that are no longer named are removed.
            </p>
            <ChangePlan cluster={cluster} spec={{ ...cluster.spec, profiles: after(profile.spec) }} />
          </ActionButton>
        )}
      </div>
      <VariableFields variables={variables} typed={typed} onTyped={setTyped} problemAt={() => undefined} />
      <ul>
        {used.map(({ name, version }) => (
          <li key={name} className="row">
            <span>
              {name}@{version}
            </span>
            <ActionButton
              label={`Take ${name} out`}
              title={`Take ${name} out of ${cluster.name}?`}
              isDangerous
              act={async () =>
                await patch(cluster, {
                  spec: {
                    profiles: profilesWithout(used, name),
                    ...(used.length === 1 ? { policy: { allowEmpty: true } } : {}),
                  },
                })
              }
            >
              <p>Its layers are removed from the cluster, with what is in them.</p>
            </ActionButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** An agent that was accepted is served until its key is taken out. */
function LockOut({ cluster }: { readonly cluster: Cluster }) {
  const { patch } = useChange('clusters');
  return (
    <section aria-labelledby="agent">
      <h2 id="agent">Agent</h2>
      <p>
        The agent with the key <code>{cluster.spec.agent?.key}</code> is served.
      </p>
      <ActionButton
        label="Lock the agent out"
        title={`Lock the agent of ${cluster.name} out?`}
        isDangerous
        act={async () => await patch(cluster, { spec: { agent: { key: null } } })}
      >
        <p>
          It is cut off at once and gets nothing more. What runs in the cluster stays. To let one in again,
          invite it anew.
        </p>
      </ActionButton>
    </section>
  );
}
