import type { Operations } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { useNow } from '../parts/now.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { channelState } from './channel-state.ts';
import { NotShown } from './not-shown.tsx';
import { OnTheWorkstation } from './on-the-workstation.tsx';
import { usePlatform } from './query.ts';
import { RegistryAge } from './registry-age.tsx';

type Channel = Operations['GET /api/v1/platform/channel']['answer'];

/** The upgrade channel as the installer saw it last, and which releases that are here may follow. */
export function UpgradesTab({ maySee }: { readonly maySee: boolean }) {
  const { data, error, refetch } = usePlatform('GET /api/v1/platform/channel', maySee);
  if (!maySee) return <NotShown what="upgrades" />;
  if (data === undefined)
    return error === null ? (
      <Loading what="the channel" />
    ) : (
      <ProblemNote error={error} retry={() => void refetch()} />
    );
  return (
    <>
      <h2>Channel</h2>
      <SeenChannel channel={data.channel} />
      <h2>Releases in the registry</h2>
      <RegistryAge readAt={data.readAt} away={data.away} />
      <Releases releases={data.releases} />
      <OnTheWorkstation
        title="Upgrade plan"
        what="The plan of an upgrade, with its checks, is made from the stick or the registry by who upgrades."
        commands={[
          [
            'skerry upgrade PLACE --plan',
            'what an upgrade would do, step by step, and what stands in its way',
          ],
          ['skerry upgrade PLACE', 'the upgrade; how far it is shows here, under Release'],
        ]}
      />
    </>
  );
}

function SeenChannel({ channel }: { readonly channel: Channel['channel'] }) {
  const now = useNow();
  if (channel === undefined)
    return (
      <Empty title="No channel was seen here yet.">
        <p>
          A stick that carries one, or <code>skerry upgrade</code> from a place that has one, brings it. Until
          then releases are trusted by their signature alone.
        </p>
      </Empty>
    );
  const { edition, root, role, expiresAt, lastSeenAt } = channel;
  const { state, tone } = channelState(channel, now);
  return (
    <Facts
      facts={[
        ['Freshness', <State key="state" state={state} tone={tone} />],
        [
          'Counts as fresh until',
          <span key="until">
            <Age at={expiresAt} /> (its {role} ends then)
          </span>,
        ],
        ['Edition', edition],
        ['Root', root],
        ['Seen last', <Age key="seen" at={lastSeenAt} />],
      ]}
    />
  );
}

function Releases({ releases }: { readonly releases: Channel['releases'] }) {
  if (releases.length === 0)
    return (
      <Empty title="The registry has no release artifact of this product.">
        <p>
          Releases come with <code>skerry install</code>, <code>skerry upgrade</code> and{' '}
          <code>skerry copy</code>.
        </p>
      </Empty>
    );
  return (
    <ScrollTable label="Releases in the registry, the newest first">
      <TableHead columns={['Version', 'May follow now', 'From', 'Kubernetes', 'Digest']} />
      <tbody>
        {releases.map(({ version, follows, from, kubernetes, digest }) => (
          <tr key={version}>
            <th scope="row">{version}</th>
            <td>{follows ? <State state="yes" tone="good" /> : <State state="no" tone="quiet" />}</td>
            <td>{from ?? 'any older one'}</td>
            <td>{kubernetes}</td>
            <td>
              <code>{digest}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
