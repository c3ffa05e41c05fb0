import { useQuery } from '@tanstack/react-query';
import type { Operations } from '../../../client/operations.ts';
import { call } from '../hub/call.ts';
import { problemOf } from '../hub/problem.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { State } from '../parts/state.tsx';
import { NotShown } from './not-shown.tsx';
import { usePlatform } from './query.ts';
import { PhaseTable, RunTable } from './run-table.tsx';

type Answer = Operations['GET /api/v1/platform/installation']['answer'];

/** Which release this is, how it came here, and whether it can work. */
export function ReleaseTab({ maySee }: { readonly maySee: boolean }) {
  const { data: version } = useQuery({
    queryKey: ['version'],
    queryFn: async ({ signal }) => await call('GET /version', { signal }),
  });
  const ready = useQuery({
    queryKey: ['ready'],
    queryFn: async ({ signal }) => await call('GET /readyz', { signal }),
    refetchInterval: 15_000,
    retry: false,
  });
  const why = ready.error === null ? undefined : problemOf(ready.error);
  return (
    <>
      <Facts
        facts={[
          ['Hub', version?.version],
          ['Versions of its API', version?.apiVersions.join(', ')],
          [
            'Works',
            ready.data === undefined ? (
              why === undefined ? undefined : (
                <>
                  <State state="not ready" tone="bad" /> {why.detail ?? why.title}
                </>
              )
            ) : (
              <>
                <State state="ready" /> {ready.data.checks.join(', ')} answer
              </>
            ),
          ],
        ]}
      />
      <h2>The installed release</h2>
      {maySee ? <Installed /> : <NotShown what="the installed release" />}
    </>
  );
}

function Installed() {
  const { data, error, refetch } = usePlatform('GET /api/v1/platform/installation', true);
  if (data === undefined)
    return error === null ? (
      <Loading what="the installation" />
    ) : (
      <ProblemNote error={error} retry={() => void refetch()} />
    );
  if (data.installation === undefined)
    return (
      <Empty title="The platform was not installed by skerry install.">
        <p>
          So nothing is written down about its release. <code>skerry status</code> says what else is in the
          cluster.
        </p>
      </Empty>
    );
  return <Installation installation={data.installation} />;
}

function Installation({ installation }: { readonly installation: NonNullable<Answer['installation']> }) {
  const { release, key, state, address, phases, upgrade, previous, history } = installation;
  return (
    <>
      <Facts
        facts={[
          ['Release', `${release.name} ${release.version}`],
          ['Digest', <code key="digest">{release.digest}</code>],
          ['Verified with', <code key="key">{key.fingerprint}</code>],
          ['State', <State key="state" state={state} tone={state === 'installed' ? 'good' : 'busy'} />],
          ['Nodes reach the registry by', address],
          [
            'May go back to',
            previous === undefined ? undefined : (
              <>
                {previous.release.name} {previous.release.version}, which ran until{' '}
                <Age at={previous.upgradedAt} />
              </>
            ),
          ],
        ]}
      />
      {upgrade === undefined ? null : (
        <section aria-labelledby="under-way" className="card">
          <h3 id="under-way">
            {upgrade.direction === 'forward'
              ? `An upgrade from ${upgrade.from.version} to ${upgrade.to.version} is under way`
              : `It goes back from ${upgrade.to.version} to ${upgrade.from.version}`}
          </h3>
          <p>
            Begun <Age at={upgrade.startedAt} />.
            {upgrade.reason === undefined ? null : (
              <>
                {' '}
                It goes back because of <code>{upgrade.reason.code}</code>: {upgrade.reason.message}
              </>
            )}
          </p>
          <PhaseTable label="Phases of the upgrade" phases={upgrade.phases} />
        </section>
      )}
      {phases.every(({ state: phase }) => phase === 'done') ? null : (
        <PhaseTable label="Phases of the installation" phases={phases} />
      )}
      <h3>What was done to it</h3>
      {history.length === 0 ? (
        <Empty title="No run of the installer is written down." />
      ) : (
        <RunTable runs={history} />
      )}
    </>
  );
}
