import { Link } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useObjects } from '../hub/objects.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { ConditionTable } from '../parts/condition-table.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { useNow } from '../parts/now.ts';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { State } from '../parts/state.tsx';
import { useProject } from '../shell/project.ts';
import { accountState, gatewayState } from './account-state.ts';
import { AddAccount } from './add-account.tsx';

/** Where machines can be made, and what makes them there. */
export function CloudsPage() {
  const project = useProject();
  const accounts = useObjects('cloudaccounts', project);
  const gateways = useObjects('gateways', project);
  const { may } = useAccess(project);
  const { remove } = useChange('cloudaccounts');
  const now = useNow();
  const error = accounts.error ?? gateways.error;
  if (accounts.data === undefined || gateways.data === undefined)
    return (
      <Page title="Accounts and gateways">
        {error === null ? <Loading what="accounts and gateways" /> : <ProblemNote error={error} />}
      </Page>
    );
  return (
    <Page title="Accounts and gateways">
      <h2>Cloud accounts</h2>
      {accounts.data.length === 0 ? (
        <Empty title="No cloud account is known.">
          <p>
            Without one, clusters that exist can join, and none can be made. An account names a gateway that
            reaches the cloud and a Secret with its credentials.
          </p>
        </Empty>
      ) : (
        accounts.data.map((account) => (
          <article key={account.uid} className="card" aria-labelledby={account.uid}>
            <div className="row">
              <h3 id={account.uid}>{account.name}</h3>
              <State state={accountState(account)} />
              <span className="faint">
                asked <Age at={account.status?.at} />
              </span>
            </div>
            <Facts
              facts={[
                ['Project', account.project],
                ['Type', account.spec.type],
                ['Endpoint', account.spec.endpoint],
                ['Gateway', account.spec.gateway ?? 'none: no machine can be made'],
                ['Credentials', `Secret ${account.spec.credentials.name}`],
                ['Shared with', account.spec.usableBy?.join(', ')],
                ['Can', account.status?.capabilities?.join(', ')],
                [
                  'Last error',
                  account.status?.lastError && (
                    <>
                      <code>{account.status.lastError.code}</code> {account.status.lastError.detail}{' '}
                      <Age at={account.status.lastError.at} />
                    </>
                  ),
                ],
                [
                  'Machines that nobody knows',
                  account.status?.orphans?.map(({ name, cluster }) => `${name} of ${cluster}`).join(', '),
                ],
              ]}
            />
            <details>
              <summary>Conditions</summary>
              <ConditionTable conditions={account.status?.conditions} />
            </details>
            {may('delete', 'cloudaccounts') ? (
              <ActionButton
                label={`Forget ${account.name}`}
                title={`Forget account ${account.name}?`}
                isDangerous
                act={async () => await remove(account)}
              >
                <p>Refused while a cluster needs it. Machines are not touched.</p>
              </ActionButton>
            ) : null}
          </article>
        ))
      )}
      {project !== undefined && may('create', 'cloudaccounts') ? (
        <AddAccount project={project} gateways={gateways.data.map(({ name }) => name)} />
      ) : null}
      <h2>Gateways</h2>
      {gateways.data.length === 0 ? (
        <Empty title="There is no private cloud gateway.">
          <p>
            A gateway is the agent of a cluster beside the cloud. It is installed on the command line:{' '}
            <code>skerry gateway install</code>.
          </p>
        </Empty>
      ) : (
        gateways.data.map((gateway) => (
          <article key={gateway.uid} className="card" aria-labelledby={gateway.uid}>
            <div className="row">
              <h3 id={gateway.uid}>{gateway.name}</h3>
              <State state={gatewayState(gateway, now)} />
              <span className="faint">
                heard of <Age at={gateway.status?.seen} />
              </span>
            </div>
            <Facts
              facts={[
                ['Project', gateway.project],
                [
                  'Runs in',
                  <Link
                    key="cluster"
                    to="/clusters/$project/$name"
                    params={{ project: gateway.project, name: gateway.spec.cluster }}
                  >
                    {gateway.spec.cluster}
                  </Link>,
                ],
                ['Version', gateway.status?.version],
                ['Clusters', gateway.status?.clusters],
                ['Machines being made', gateway.status?.running],
                ['Sizes', gateway.spec.nodes?.sizes?.map(({ name }) => name).join(', ')],
                [
                  'Address pools',
                  gateway.spec.pools?.map(({ name, ranges }) => `${name} (${ranges.join(', ')})`).join('; '),
                ],
                [
                  'Backup',
                  gateway.status?.backup === undefined ? (
                    'none was made yet'
                  ) : (
                    <Age key="b" at={gateway.status.backup.at} />
                  ),
                ],
              ]}
            />
            <details>
              <summary>Conditions</summary>
              <ConditionTable conditions={gateway.status?.conditions} />
            </details>
          </article>
        ))
      )}
    </Page>
  );
}
