import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { profileObjectName } from '../../../api/name-grammar.ts';
import type { Rollout } from '../../../client/kinds.ts';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useObject, useObjects } from '../hub/objects.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { spanText } from '../parts/age-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { BatchPlan } from './batch-plan.tsx';
import { useRolloutPlan } from './rollout-plan.ts';
import { FROM_LABEL, freeName, rolloutState } from './rollout-state.ts';

const route = getRouteApi('/rollouts/$project/$name');

/** One rollout: how far it is, what holds it, and the ways to stop it or go back. */
export function RolloutPage() {
  const { project, name } = route.useParams();
  const { data: rollout, error, refetch } = useObject('rollouts', project, name);
  const { may } = useAccess(project);
  const above = (
    <>
      <Link to="/rollouts">Rollouts</Link> · project {project}
    </>
  );
  if (rollout === undefined)
    return (
      <Page title={name} above={above}>
        {error === null ? (
          <Loading what="the rollout" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const { spec, status } = rollout;
  return (
    <Page
      title={name}
      above={above}
      actions={may('patch', 'rollouts') ? <Actions rollout={rollout} /> : null}
    >
      <p>
        <State state={rolloutState(rollout)} /> {status?.message}
      </p>
      {status === undefined ? (
        <Empty title="The hub has not begun with it yet." />
      ) : (
        <label className="progress">
          {status.ready} of {status.total} clusters are ready with {spec.profile}@{spec.version}
          <progress value={status.ready} max={Math.max(1, status.total)} />
        </label>
      )}
      <Facts
        facts={[
          [
            'To',
            <Link
              key="to"
              to="/profiles/$project/$name"
              params={{ project, name: profileObjectName({ name: spec.profile, version: spec.version }) }}
            >
              {spec.profile}@{spec.version}
            </Link>,
          ],
          ['Before', rollout.labels[FROM_LABEL]],
          [
            'Clusters',
            Object.entries(spec.selector ?? {})
              .map((pair) => pair.join('='))
              .join(', ') || 'all with the profile',
          ],
          ['Batch', spec.batch === undefined ? 'a tenth of them' : `${spec.batch} at a time`],
          ['May fail', `${spec.maxFailures ?? 0}; more stop it`],
          ['Soak', `each batch must stay ready for ${spanText(spec.soakSeconds ?? 60)}`],
          ['Deadline', `${spanText(spec.deadlineSeconds ?? 1800)} until a cluster has failed`],
          ['Silent clusters', spec.offline ?? 'skip'],
          ['Updated', status?.updated],
          ['Failed', status?.failed],
          ['Silent', status?.offline],
          ['Begun', status?.startedAt && <Age key="begun" at={status.startedAt} />],
          ['Batch ready', status?.batchReadyAt && <Age key="batch" at={status.batchReadyAt} />],
        ]}
      />
      <h2>Now</h2>
      {(status?.inFlight ?? []).length === 0 ? (
        <Empty title="No cluster is being changed now." />
      ) : (
        <ScrollTable label="Clusters of this batch, and those that failed">
          <TableHead columns={['Cluster', 'State', 'Since']} />
          <tbody>
            {(status?.inFlight ?? []).map(({ cluster, state, since, arrived }) => (
              <tr key={cluster}>
                <th scope="row">
                  <Link to="/clusters/$project/$name" params={{ project, name: cluster }}>
                    {cluster}
                  </Link>
                </th>
                <td>
                  <State state={state} tone={state === 'failed' ? 'bad' : 'busy'} />
                  {arrived === true ? ' has the version, soaking' : ''}
                </td>
                <td>
                  <Age at={since} />
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {status?.phase === 'Complete' ? null : <WhatComes rollout={rollout} />}
    </Page>
  );
}

function WhatComes({ rollout }: { readonly rollout: Rollout }) {
  const { data: plan, error } = useRolloutPlan(rollout);
  return (
    <>
      <h2>What comes</h2>
      {plan === undefined ? (
        error === null ? (
          <Loading what="the batches" />
        ) : (
          <ProblemNote error={error} />
        )
      ) : (
        <BatchPlan project={rollout.project} plan={plan} />
      )}
    </>
  );
}

function Actions({ rollout }: { readonly rollout: Rollout }) {
  const { patch, create, remove } = useChange('rollouts');
  const { data: rollouts = [] } = useObjects('rollouts', rollout.project);
  const navigate = useNavigate();
  const key = useRef(crypto.randomUUID());
  const { project, spec, labels, status } = rollout;
  const isPaused = spec.paused === true;
  const before = labels[FROM_LABEL];
  const rollBack = async () => {
    if (before === undefined) return;
    if (!isPaused && status?.phase === 'Running') await patch(rollout, { spec: { paused: true } });
    const target = profileObjectName({ name: spec.profile, version: before });
    const { paused: _, ...same } = spec;
    const made = await create(
      project,
      {
        name: freeName(
          target,
          rollouts.map(({ name }) => name),
        ),
        labels: { [FROM_LABEL]: spec.version },
        spec: { ...same, version: before },
      },
      key.current,
    );
    await navigate({ to: '/rollouts/$project/$name', params: { project, name: made.name } });
  };
  return (
    <>
      {status?.phase === 'Complete' ? null : (
        <ActionButton
          label={isPaused ? 'Resume' : 'Pause'}
          title={isPaused ? 'Resume the rollout?' : 'Pause the rollout?'}
          act={async () => await patch(rollout, { spec: { paused: isPaused ? null : true } })}
        >
          <p>
            {isPaused
              ? 'The next batch begins as soon as the one before has soaked.'
              : 'No further cluster is changed. Those that are being changed get ready.'}
          </p>
        </ActionButton>
      )}
      {status?.phase === 'Stopped' ? (
        <ActionButton
          label="Allow one more failure"
          title="Go on with one more failure?"
          act={async () =>
            await patch(rollout, { spec: { maxFailures: (status.failed ?? 0) + 1, paused: null } })
          }
        >
          <p>It goes on, and stops again when more than {status.failed + 1} have failed.</p>
        </ActionButton>
      ) : null}
      {before === undefined ? null : (
        <ActionButton
          label="Roll back"
          title={`Roll back to ${spec.profile}@${before}?`}
          isDangerous
          act={rollBack}
        >
          <p>
            This rollout is paused, and another one brings the same clusters back to {spec.profile}@{before},
            a batch at a time.
          </p>
        </ActionButton>
      )}
      <ActionButton
        label="End it"
        title="End the rollout for good?"
        isDangerous
        act={async () => await remove(rollout)}
        onDone={() => void navigate({ to: '/rollouts' })}
      >
        <p>It is forgotten. Clusters that have the version keep it.</p>
      </ActionButton>
    </>
  );
}
