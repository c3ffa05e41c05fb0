import { Link } from '@tanstack/react-router';
import type { Operations } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { countText } from '../parts/count-text.ts';
import { Empty } from '../parts/empty.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';

export type RolloutPlan = Operations['GET /api/v1/projects/{project}/rollouts/{name}/plan']['answer'];

interface BatchPlanProps {
  readonly project: string;
  readonly plan: RolloutPlan;
}

/** Which clusters come in which batch, as long as nothing becomes other than it is; and which come in none. */
export function BatchPlan({ project, plan }: BatchPlanProps) {
  const { batches, batchCount, held, heldCount, there, total, supersededBy } = plan;
  return (
    <>
      {supersededBy === undefined ? null : (
        <p role="status" className="note warn">
          The newer rollout <strong>{supersededBy}</strong> is about the same profile: this one stops for it.
        </p>
      )}
      <p>
        {there} of {countText(total, 'cluster')} {there === 1 ? 'has' : 'have'} the version already.
      </p>
      {batches.length === 0 ? (
        <Empty title="No further cluster is to be changed as they are now." />
      ) : (
        <ScrollTable label="Batches to come">
          <TableHead columns={['Batch', 'Clusters', 'Have now']} />
          <tbody>
            {batches.map((batch, at) => (
              <tr key={batch[0]?.name}>
                <th scope="row">{at + 1}</th>
                <td>
                  <Names project={project} clusters={batch} />
                </td>
                <td>{[...new Set(batch.map(({ version }) => version))].join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {batchCount > batches.length ? (
        <p className="faint">{countText(batchCount - batches.length, 'batch', 'batches')} more follow.</p>
      ) : null}
      {held.length === 0 ? null : (
        <ScrollTable label="In no batch as they are now">
          <TableHead columns={['In no batch', 'Why']} />
          <tbody>
            {held.map(({ name, reason, opensAt }) => (
              <tr key={name}>
                <th scope="row">
                  <Names project={project} clusters={[{ name }]} />
                </th>
                <td>
                  {reason === 'silent' ? 'silent: gets the version when it is back' : null}
                  {reason === 'paused' ? 'paused' : null}
                  {reason === 'window' ? (
                    <>
                      its maintenance window opens <Age at={opensAt} none="on no day of the next eight" />
                    </>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {heldCount > held.length ? <p className="faint">{heldCount - held.length} more are in none.</p> : null}
    </>
  );
}

function Names({
  project,
  clusters,
}: {
  readonly project: string;
  readonly clusters: readonly { readonly name: string }[];
}) {
  return clusters.map(({ name }, at) => (
    <span key={name}>
      {at === 0 ? '' : ', '}
      <Link to="/clusters/$project/$name" params={{ project, name }}>
        {name}
      </Link>
    </span>
  ));
}
