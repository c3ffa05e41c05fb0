import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { layersOf, revisionOf, stateOf } from '../../../client/cluster-state.ts';
import type { Cluster } from '../../../client/kinds.ts';
import { Age } from '../parts/age.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { sinceOf } from './attention.ts';
import type { Sort } from './fleet-search.ts';

interface ClusterTableProps {
  readonly clusters: readonly Cluster[];
  readonly sort: Sort;
}

export function ClusterTable({ clusters, sort }: ClusterTableProps) {
  return (
    <ScrollTable label="Clusters">
      <thead>
        <tr>
          <SortHeader by="name" sort={sort}>
            Name
          </SortHeader>
          <th scope="col">Project</th>
          <SortHeader by="state" sort={sort}>
            State
          </SortHeader>
          <th scope="col">Profiles</th>
          <th scope="col">Layers</th>
          <th scope="col">Nodes</th>
          <th scope="col">Drift</th>
          <th scope="col">Revision</th>
          <th scope="col">Heard of</th>
          <SortHeader by="age" sort={sort}>
            Made
          </SortHeader>
        </tr>
      </thead>
      <tbody>
        {clusters.map((cluster) => (
          <Row key={cluster.uid} cluster={cluster} />
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** Drawn again only when its cluster is another object. */
const Row = memo(function Row({ cluster }: { readonly cluster: Cluster }) {
  const { name, project, spec, status, created } = cluster;
  const drift = status?.drift?.count ?? 0;
  return (
    <tr>
      <th scope="row">
        <Link to="/clusters/$project/$name" params={{ project, name }}>
          {name}
        </Link>
      </th>
      <td>{project}</td>
      <td>
        <State state={stateOf(cluster)} />{' '}
        <span className="faint">
          <Age at={sinceOf(cluster)} none="" />
        </span>
      </td>
      <td>{(spec.profiles ?? []).map((profile) => `${profile.name}@${profile.version}`).join(', ')}</td>
      <td>{layersOf(cluster)}</td>
      <td>{status?.nodes === undefined ? '' : `${status.nodes.ready}/${status.nodes.total}`}</td>
      <td>{status?.drift === undefined ? '' : drift === 0 ? 'none' : <strong>{drift}</strong>}</td>
      <td>{revisionOf(cluster).replace('->', ' → ')}</td>
      <td>
        <Age at={status?.agent?.seen} />
      </td>
      <td>
        <Age at={created} />
      </td>
    </tr>
  );
});

interface SortHeaderProps {
  readonly by: 'name' | 'state' | 'age';
  readonly sort: Sort;
  readonly children: string;
}

function SortHeader({ by, sort, children }: SortHeaderProps) {
  const order = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none';
  const next = sort === by ? (`-${by}` as const) : by;
  return (
    <th scope="col" aria-sort={order}>
      <Link to="/fleet" search={(before) => ({ ...before, sort: next })}>
        {children}
        <span aria-hidden="true">{order === 'ascending' ? ' ↑' : order === 'descending' ? ' ↓' : ''}</span>
      </Link>
    </th>
  );
}
