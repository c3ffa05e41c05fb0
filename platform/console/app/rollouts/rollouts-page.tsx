import { Link } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { useObjects } from '../hub/objects.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { useProject } from '../shell/project.ts';
import { rolloutState } from './rollout-state.ts';

/** Versions on their way to many clusters. */
export function RolloutsPage() {
  const project = useProject();
  const { data: rollouts, error, refetch } = useObjects('rollouts', project);
  const { may } = useAccess(project);
  return (
    <Page
      title="Rollouts"
      actions={
        project !== undefined && may('create', 'rollouts') ? (
          <Link to="/rollouts/start" search={{ project }} className="button primary">
            Start a rollout
          </Link>
        ) : null
      }
    >
      {rollouts === undefined ? (
        error === null ? (
          <Loading what="rollouts" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )
      ) : rollouts.length === 0 ? (
        <Empty title="Nothing is being rolled out.">
          <p>
            A rollout brings a version of a profile to many clusters, a batch at a time, and stops by itself
            when more fail than may. {project === undefined ? 'Choose a project above to start one.' : ''}
          </p>
        </Empty>
      ) : (
        <ScrollTable label="Rollouts">
          <TableHead
            columns={[
              'Rollout',
              'Project',
              'To',
              'State',
              'Ready',
              'Failed',
              'Silent',
              'Begun',
              'What it says',
            ]}
          />
          <tbody>
            {rollouts.map((rollout) => (
              <tr key={rollout.uid}>
                <th scope="row">
                  <Link
                    to="/rollouts/$project/$name"
                    params={{ project: rollout.project, name: rollout.name }}
                  >
                    {rollout.name}
                  </Link>
                </th>
                <td>{rollout.project}</td>
                <td>
                  {rollout.spec.profile}@{rollout.spec.version}
                </td>
                <td>
                  <State state={rolloutState(rollout)} />
                </td>
                <td>
                  {rollout.status === undefined ? '' : `${rollout.status.ready} of ${rollout.status.total}`}
                </td>
                <td>{rollout.status?.failed}</td>
                <td>{rollout.status?.offline}</td>
                <td>
                  <Age at={rollout.status?.startedAt ?? rollout.created} />
                </td>
                <td>{rollout.status?.message}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Page>
  );
}
