import { getRouteApi, Link } from '@tanstack/react-router';
import { stateOf } from '../../../client/cluster-state.ts';
import { sinceOf } from '../fleet/attention.ts';
import { useAccess } from '../hub/access.ts';
import { useObject } from '../hub/objects.ts';
import { EnrollPanel } from '../new-cluster/enroll-panel.tsx';
import { Age } from '../parts/age.tsx';
import { ConditionTable } from '../parts/condition-table.tsx';
import { Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { State } from '../parts/state.tsx';
import { type TabItem, Tabs } from '../parts/tabs.tsx';
import { AcceptAgent } from './accept-agent.tsx';
import { ClusterActions } from './cluster-actions.tsx';
import { DriftTab } from './drift-tab.tsx';
import { KubeconfigTab } from './kubeconfig-tab.tsx';
import { LayersTab } from './layers-tab.tsx';
import { MachinesTab } from './machines-tab.tsx';
import { NodesTab } from './nodes-tab.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { TimelineTab } from './timeline-tab.tsx';

const route = getRouteApi('/clusters/$project/$name');

/** One cluster: what it has, how that fares, what differs, what happened. */
export function ClusterPage() {
  const { project, name } = route.useParams();
  const { tab = 'layers' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: cluster, error, refetch } = useObject('clusters', project, name);
  const { may } = useAccess(project);
  const above = (
    <>
      <Link to="/fleet">Fleet</Link> · project {project}
    </>
  );
  if (cluster === undefined)
    return (
      <Page title={name} above={above}>
        {error === null ? (
          <Loading what="the cluster" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const drift = cluster.status?.drift?.count ?? 0;
  const isMade = cluster.spec.provision !== undefined;
  const items: TabItem[] = [
    { id: 'layers', label: 'Layers', content: () => <LayersTab cluster={cluster} /> },
    {
      id: 'drift',
      label: drift === 0 ? 'Drift' : `Drift (${drift})`,
      content: () => <DriftTab cluster={cluster} mayChange={may('patch', 'clusters')} />,
    },
    { id: 'nodes', label: 'Nodes', content: () => <NodesTab cluster={cluster} /> },
    ...(isMade
      ? [
          {
            id: 'machines',
            label: 'Machines',
            content: () => <MachinesTab cluster={cluster} mayChange={may('patch', 'clusters')} />,
          },
        ]
      : []),
    { id: 'timeline', label: 'Timeline', content: () => <TimelineTab cluster={cluster} /> },
    {
      id: 'conditions',
      label: 'Conditions',
      content: () => <ConditionTable conditions={cluster.status?.conditions} />,
    },
    ...(may('get', 'clusters/kubeconfig')
      ? [{ id: 'kubeconfig', label: 'Kubeconfig', content: () => <KubeconfigTab cluster={cluster} /> }]
      : []),
    {
      id: 'settings',
      label: 'Settings',
      content: () => <SettingsTab cluster={cluster} mayChange={may('patch', 'clusters')} />,
    },
  ];
  return (
    <Page
      title={name}
      above={above}
      actions={
        may('patch', 'clusters') ? (
          <ClusterActions cluster={cluster} mayDelete={may('delete', 'clusters')} />
        ) : null
      }
    >
      <p>
        <State state={stateOf(cluster)} /> <Age at={sinceOf(cluster)} none="" />
        {cluster.status?.agent === undefined ? null : (
          <span className="faint">
            {' '}
            · heard of <Age at={cluster.status.agent.seen} /> by {cluster.status.agent.transport}
          </span>
        )}
      </p>
      <AcceptAgent cluster={cluster} mayChange={may('patch', 'clusters')} />
      {cluster.spec.agent?.key === undefined &&
      cluster.spec.provision === undefined &&
      cluster.status?.request === undefined &&
      may('create', 'enrollments') ? (
        <EnrollPanel project={project} name={name} mayAccept={may('update', 'clusters')} />
      ) : null}
      <Tabs
        label="Parts of the cluster"
        items={items}
        selected={tab}
        onSelect={(id) => void navigate({ search: (before) => ({ ...before, tab: id }), replace: true })}
      />
    </Page>
  );
}
