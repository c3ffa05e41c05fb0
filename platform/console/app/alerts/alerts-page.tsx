import { Link } from '@tanstack/react-router';
import type { Alert } from '../../../client/kinds.ts';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useObjects } from '../hub/objects.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { useProject } from '../shell/project.ts';
import { AddReceiver } from './add-receiver.tsx';
import { sortAlerts } from './alert-order.ts';

/** What the hub found, and where it is sent. */
export function AlertsPage() {
  const project = useProject();
  const alerts = useObjects('alerts', project);
  const receivers = useObjects('alertreceivers', project);
  const { may } = useAccess(project);
  const { remove } = useChange('alertreceivers');
  const sorted = sortAlerts(alerts.data ?? []);
  const firing = sorted.filter(({ status }) => status?.resolvedAt === undefined);
  const resolved = sorted.filter(({ status }) => status?.resolvedAt !== undefined);
  return (
    <Page title="Alerts">
      <ProblemNote error={alerts.error ?? receivers.error} />
      {alerts.data === undefined ? (
        alerts.error === null ? (
          <Loading what="alerts" />
        ) : null
      ) : (
        <>
          <h2>Firing</h2>
          {firing.length === 0 ? (
            <Empty title="Nothing is firing." />
          ) : (
            <AlertTable alerts={firing} label="Firing alerts" />
          )}
          {resolved.length === 0 ? null : (
            <details>
              <summary>{resolved.length} resolved</summary>
              <AlertTable alerts={resolved} label="Resolved alerts" />
            </details>
          )}
        </>
      )}
      <h2>Receivers</h2>
      {(receivers.data ?? []).length === 0 ? (
        <Empty title="Alerts are sent nowhere.">
          <p>
            They are shown here and on the command line.{' '}
            {project === undefined
              ? 'Choose a project above to add a receiver.'
              : 'Add a receiver to have them sent.'}
          </p>
        </Empty>
      ) : (
        <ScrollTable label="Receivers">
          <thead>
            <tr>
              <th scope="col">Receiver</th>
              <th scope="col">Project</th>
              <th scope="col">From</th>
              <th scope="col">Where</th>
              <th scope="col">
                <span className="visually-hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(receivers.data ?? []).map((receiver) => (
              <tr key={receiver.uid}>
                <th scope="row">{receiver.name}</th>
                <td>{receiver.project}</td>
                <td>{receiver.spec.severity ?? 'warning'}</td>
                <td>
                  {[
                    receiver.spec.webhook?.url,
                    receiver.spec.email?.to.join(', '),
                    receiver.spec.events === true ? 'Kubernetes Events' : undefined,
                  ]
                    .filter((part) => part !== undefined)
                    .join('; ')}
                </td>
                <td>
                  {may('delete', 'alertreceivers') ? (
                    <ActionButton
                      label={`Remove ${receiver.name}`}
                      title={`Remove receiver ${receiver.name}?`}
                      isDangerous
                      act={async () => await remove(receiver)}
                    >
                      <p>Alerts are no longer sent there.</p>
                    </ActionButton>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {project !== undefined && may('create', 'alertreceivers') ? <AddReceiver project={project} /> : null}
    </Page>
  );
}

function AlertTable({ alerts, label }: { readonly alerts: readonly Alert[]; readonly label: string }) {
  return (
    <ScrollTable label={label}>
      <TableHead
        columns={['Severity', 'Alert', 'Cluster', 'What it says', 'Times', 'First', 'Last', 'Resolved']}
      />
      <tbody>
        {alerts.map(({ uid, spec, status, project }) => (
          <tr key={uid}>
            <td>
              <State state={spec.severity} />
            </td>
            <th scope="row">{spec.rule}</th>
            <td>
              {spec.cluster === undefined ? (
                spec.subject
              ) : (
                <Link to="/clusters/$project/$name" params={{ project, name: spec.cluster }}>
                  {spec.cluster}
                </Link>
              )}
            </td>
            <td>{status?.message}</td>
            <td>{status?.count}</td>
            <td>
              <Age at={status?.firstSeen} />
            </td>
            <td>
              <Age at={status?.lastSeen} />
            </td>
            <td>
              <Age at={status?.resolvedAt} none="" />
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
