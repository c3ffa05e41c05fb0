import type { Cluster } from '../../../client/kinds.ts';
import { Age } from '../parts/age.tsx';
import { ConditionTable } from '../parts/condition-table.tsx';
import { Empty } from '../parts/empty.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { ChangeMachines } from './change-machines.tsx';

interface MachinesTabProps {
  readonly cluster: Cluster;
  readonly mayChange: boolean;
}

/** The machines of a cluster that was made. */
export function MachinesTab({ cluster, mayChange }: MachinesTabProps) {
  const { infrastructure } = cluster.status ?? {};
  if (infrastructure === undefined)
    return (
      <Empty title="Its gateway has not said anything of its machines yet.">
        <p>The conditions say what it waits for.</p>
      </Empty>
    );
  const pools = [{ name: 'control-plane', ...infrastructure.controlPlane }, ...infrastructure.pools];
  return (
    <>
      <p>
        <State state={infrastructure.phase} />{' '}
        {pools.map(({ name, ready, wanted }) => `${name} ${ready} of ${wanted}`).join(', ')}
      </p>
      {infrastructure.machines.length === 0 ? (
        <Empty title="No machine yet." />
      ) : (
        <ScrollTable label="Machines, those that are not ready first">
          <TableHead columns={['Machine', 'Pool', 'State', 'Kubernetes', 'Address', 'Why not further']} />
          <tbody>
            {infrastructure.machines.map(
              ({ name, pool, phase, since, kubernetes, address, id, code, detail }) => (
                <tr key={name}>
                  <th scope="row" title={id}>
                    {name}
                  </th>
                  <td>{pool}</td>
                  <td>
                    <State state={phase} /> <Age at={since} />
                  </td>
                  <td>{kubernetes}</td>
                  <td>{address}</td>
                  <td>
                    {code === undefined ? null : <code>{code}</code>} {detail}
                  </td>
                </tr>
              ),
            )}
          </tbody>
        </ScrollTable>
      )}
      {mayChange ? <ChangeMachines cluster={cluster} /> : null}
      <h2>What its gateway says</h2>
      <ConditionTable conditions={infrastructure.conditions} />
    </>
  );
}
