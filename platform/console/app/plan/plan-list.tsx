import { Link } from '@tanstack/react-router';
import type { Plan } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { changedLayers, layerWords, type PlannedCluster } from './change-words.ts';

/** What a change would do, cluster by cluster and layer by layer, as the hub works it out. */
export function PlanList({ plan }: { readonly plan: Plan }) {
  const { clusters, total } = plan;
  if (clusters.length === 0) return <p>No cluster would change.</p>;
  return (
    <>
      <ul>
        {clusters.map((cluster) => (
          <li key={`${cluster.project}/${cluster.name}`}>
            <Link
              to="/clusters/$project/$name"
              params={{ project: cluster.project, name: cluster.name }}
              target="_blank"
            >
              {cluster.name}
            </Link>
            {cluster.profileVersion === undefined ? '' : ` has ${cluster.profileVersion}`}
            <ClusterPlan cluster={cluster} />
          </li>
        ))}
      </ul>
      {total > clusters.length ? <p className="faint">and {total - clusters.length} more clusters</p> : null}
    </>
  );
}

/** What a change would do to one cluster. */
export function ClusterPlan({ cluster }: { readonly cluster: PlannedCluster }) {
  const layers = changedLayers(cluster);
  const { machines, opensAt, paused, errors = [], warnings = [] } = cluster;
  return (
    <>
      {layers.length === 0 ? <p>Its layers stay as they are.</p> : null}
      <ul>
        {layers.map((layer) => (
          <li key={layer.name}>
            <strong>{layer.name}</strong> {layerWords(layer)}
          </li>
        ))}
        {machines === undefined || machines.change === 'none' ? null : (
          <li>
            machines: {machines.change}
            {machines.fields.map(({ pointer }) => ` ${pointer}`)}
          </li>
        )}
        {[...errors, ...warnings].map(({ path, code, message }) => (
          <li key={`${path} ${code} ${message}`} className="field-problem">
            {path} {message} <code>{code}</code>
          </li>
        ))}
      </ul>
      {paused === true ? <p className="faint">It is paused: nothing is sent until it is resumed.</p> : null}
      {opensAt === undefined ? null : (
        <p className="faint">
          Its maintenance window opens <Age at={opensAt} />.
        </p>
      )}
    </>
  );
}
