import { useState } from 'react';
import type { Cluster } from '../../../client/kinds.ts';
import { useChange } from '../hub/change.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { TextField } from '../parts/field.tsx';
import { ChangePlan } from '../plan/change-plan.tsx';
import { changedProvision, changeOf } from './provision-change.ts';

/** More machines or fewer, or another Kubernetes, with what that would do. */
export function ChangeMachines({ cluster }: { readonly cluster: Cluster }) {
  const { patch } = useChange('clusters');
  const { provision } = cluster.spec;
  const [change, setChange] = useState(provision === undefined ? undefined : changeOf(provision));
  if (provision === undefined || change === undefined) return null;
  const wanted = changedProvision(provision, change);
  return (
    <section aria-labelledby="change-machines">
      <h2 id="change-machines">Change</h2>
      <div className="columns">
        <TextField
          label="Kubernetes"
          value={change.kubernetes}
          onValue={(kubernetes) => setChange({ ...change, kubernetes })}
          hint="One minor version up at a time; machines are replaced one after the other."
        />
        <TextField
          label="Machines of the control plane"
          type="number"
          min={1}
          max={9}
          step={2}
          value={change.controlPlanes}
          onValue={(controlPlanes) => setChange({ ...change, controlPlanes })}
        />
        {Object.entries(change.pools).map(([name, replicas]) => (
          <TextField
            key={name}
            label={`Machines of ${name}`}
            type="number"
            min={0}
            max={1000}
            value={replicas}
            onValue={(count) => setChange({ ...change, pools: { ...change.pools, [name]: count } })}
          />
        ))}
      </div>
      {JSON.stringify(wanted) === JSON.stringify(provision) ? null : (
        <ActionButton
          label="Change the machines"
          title={`Change the machines of ${cluster.name}?`}
          act={async () => await patch(cluster, { spec: { provision: wanted } })}
        >
          <ChangePlan cluster={cluster} spec={{ ...cluster.spec, provision: wanted }} />
        </ActionButton>
      )}
    </section>
  );
}
