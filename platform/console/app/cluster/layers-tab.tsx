import { Link } from '@tanstack/react-router';
import { revisionOf } from '../../../client/cluster-state.ts';
import type { Cluster } from '../../../client/kinds.ts';
import { Age } from '../parts/age.tsx';
import { spanText } from '../parts/age-text.ts';
import { Empty } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';

/** The layers in the order in which they are applied, with how each fares. */
export function LayersTab({ cluster }: { readonly cluster: Cluster }) {
  const { spec, status, project } = cluster;
  const layers = status?.layers ?? [];
  return (
    <>
      <Facts
        facts={[
          [
            'Profiles',
            (spec.profiles ?? []).length === 0
              ? undefined
              : (spec.profiles ?? []).map(({ name, version }, index) => (
                  <span key={name}>
                    {index === 0 ? '' : ', '}
                    <Link to="/profiles/$project/$name" params={{ project, name: `${name}-${version}` }}>
                      {name}@{version}
                    </Link>
                  </span>
                )),
          ],
          ['Revision', revisionOf(cluster).replace('->', ' → ')],
          ['Asked for', status?.desired && <Age at={status.desired.at} />],
          ['Complete', status?.applied && <Age at={status.applied.at} />],
          ['Took', status?.completedAfterSeconds && spanText(status.completedAfterSeconds)],
        ]}
      />
      {layers.length === 0 ? (
        <Empty title="No layer was reported yet.">
          <p>
            {(spec.profiles ?? []).length === 0
              ? 'The cluster has no profile: give it one under Settings.'
              : 'Its agent has not reported since it got a profile. The conditions say what it waits for.'}
          </p>
        </Empty>
      ) : (
        <ScrollTable label="Layers in their order">
          <TableHead columns={['Layer', 'Version', 'State', 'Took', 'Objects', 'What it says']} />
          <tbody>
            {layers.map(({ name, version, state, seconds, objects, code, message, digest }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td title={digest}>{version}</td>
                <td>
                  <State state={state} />
                </td>
                <td>{seconds === undefined ? '' : spanText(seconds)}</td>
                <td>{objects}</td>
                <td>
                  {code === undefined ? null : <code>{code}</code>} {message}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </>
  );
}
