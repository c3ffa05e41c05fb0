import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../hub/call.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Loading } from '../parts/empty.tsx';
import { useNow } from '../parts/now.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { certificateEnds } from './metrics.ts';

interface CertificatesTabProps {
  readonly maySee: boolean;
  readonly mayChange: boolean;
}

const MONTH_MS = 30 * 86_400_000;
const WITHIN_MS = 15_000;

/** Certificates and when they end; the authority by which agents know their hub. */
export function CertificatesTab({ maySee, mayChange }: CertificatesTabProps) {
  const now = useNow();
  const { data: ends = [], error } = useQuery({
    queryKey: ['certificate-ends'],
    queryFn: async () => {
      const response = await fetch('/metrics', { signal: AbortSignal.timeout(WITHIN_MS) });
      if (!response.ok) throw new TypeError(`/metrics answered ${response.status}`);
      return certificateEnds(await response.text());
    },
  });
  return (
    <>
      <ProblemNote error={error} />
      <h2>The hub’s certificates</h2>
      <ScrollTable label="Certificates of the hub">
        <TableHead columns={['Certificate', 'State', 'Ends']} />
        <tbody>
          {ends.map(({ name, end }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {end < now ? (
                  <State state="ended" tone="bad" />
                ) : end - now < MONTH_MS ? (
                  <State state="ends soon" tone="warn" />
                ) : (
                  <State state="good" tone="good" />
                )}
              </td>
              <td>
                <Age at={new Date(end).toISOString()} />
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="faint">
        The hub renews its own by itself when a third of their time is left. When an agent’s ends is on its
        cluster’s page, under Nodes.
      </p>
      <h2>The authority that agents know</h2>
      {maySee ? (
        <Authority mayChange={mayChange} />
      ) : (
        <p>Your roles don’t show it: it takes skerry-admin or skerry-auditor for the whole platform.</p>
      )}
    </>
  );
}

function Authority({ mayChange }: { readonly mayChange: boolean }) {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['authority'],
    queryFn: async ({ signal }) => await call('GET /api/v1/authority', { signal }),
  });
  if (data === undefined)
    return error === null ? <Loading what="the authority" /> : <ProblemNote error={error} />;
  const { authorities, signingKeys, clusters, rotating } = data;
  const after = () => void client.invalidateQueries({ queryKey: ['authority'] });
  return (
    <>
      <ScrollTable label="Authorities and signing keys">
        <TableHead columns={['What', 'Number', 'Use', 'Ends', 'Fingerprint']} />
        <tbody>
          {authorities.map(({ number, use, until, fingerprint }) => (
            <tr key={fingerprint}>
              <th scope="row">authority</th>
              <td>{number}</td>
              <td>{use}</td>
              <td>
                <Age at={until} />
              </td>
              <td>
                <code>{fingerprint}</code>
              </td>
            </tr>
          ))}
          {signingKeys.map(({ number, use, fingerprint }) => (
            <tr key={fingerprint}>
              <th scope="row">signing key</th>
              <td>{number}</td>
              <td>{use}</td>
              <td />
              <td>
                <code>{fingerprint}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p>
        {clusters.acknowledged} of {clusters.total} clusters know the latest
        {clusters.offline === 0 ? '' : `; ${clusters.offline} of the others are silent`}.
      </p>
      {clusters.waiting.length === 0 ? null : (
        <ul>
          {clusters.waiting.slice(0, 50).map(({ project, name, reason }) => (
            <li key={`${project}/${name}`}>
              {project}/{name}: {reason}
            </li>
          ))}
        </ul>
      )}
      {mayChange ? (
        <div className="row">
          {rotating ? (
            <ActionButton
              label="Retire the old one"
              title="Retire the authority from before?"
              isDangerous
              act={async () => await call('POST /api/v1/authority/retire', { body: { leave: [] } })}
              onDone={after}
            >
              <p>
                From then on only the latest is used. It is refused while an agent does not know it: such an
                agent would no longer know its hub.
              </p>
            </ActionButton>
          ) : (
            <ActionButton
              label="Make the next one"
              title="Make another authority and signing key?"
              act={async () => await call('POST /api/v1/authority/rotate', {})}
              onDone={after}
            >
              <p>
                Every cluster gets a revision that names them beside those from before, which stay in use
                until they are retired.
              </p>
            </ActionButton>
          )}
        </div>
      ) : null}
    </>
  );
}
