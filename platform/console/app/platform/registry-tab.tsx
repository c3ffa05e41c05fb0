import type { Operations } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { spanText } from '../parts/age-text.ts';
import { bytesText } from '../parts/bytes-text.ts';
import { countText } from '../parts/count-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { CollectionPlan } from './collection-plan.tsx';
import { NotShown } from './not-shown.tsx';
import { usePlatform } from './query.ts';
import { RegistryAge } from './registry-age.tsx';

type Report = NonNullable<Operations['GET /api/v1/platform/storage']['answer']['report']>;

/** How full the private registry is, what takes the room, and what garbage collection would give back. */
export function RegistryTab({ maySee }: { readonly maySee: boolean }) {
  const { data, error, refetch } = usePlatform('GET /api/v1/platform/storage', maySee);
  if (!maySee) return <NotShown what="the registry’s room" />;
  if (data === undefined)
    return error === null ? (
      <Loading what="the registry" />
    ) : (
      <ProblemNote error={error} retry={() => void refetch()} />
    );
  const { readAt, away, report } = data;
  return (
    <>
      <RegistryAge readAt={readAt} away={away} />
      {report === undefined ? (
        <Empty title="The registry is not one that Skerry serves.">
          <p>How full it is, and what may be removed from it, its own tools say.</p>
        </Empty>
      ) : (
        <Room report={report} />
      )}
    </>
  );
}

function Room({ report }: { readonly report: Report }) {
  const { total, disk, repositories, collection, measuredAt } = report;
  const { everySeconds, lastDoneAt, keepUntaggedSeconds, plan, refused } = collection;
  const used = disk.sizeBytes - disk.freeBytes;
  return (
    <>
      <h2>Room</h2>
      <label className="progress">
        {bytesText(disk.freeBytes)} of {bytesText(disk.sizeBytes)} are free on its disk
        <progress value={used} max={Math.max(1, disk.sizeBytes)} />
      </label>
      <Facts
        facts={[
          [
            'Content',
            `${bytesText(total.bytes)} in ${countText(total.repositories, 'repository', 'repositories')}`,
          ],
          ['Held by several', bytesText(total.sharedBytes)],
          ['Tags', total.tags],
          ['Manifests', total.manifests],
          ['Measured', <Age key="measured" at={measuredAt} />],
        ]}
      />
      {repositories.length === 0 ? (
        <Empty title="The registry is empty.">
          <p>
            Bring a bundle to it: <code>skerry copy BUNDLE REGISTRY</code>.
          </p>
        </Empty>
      ) : (
        <ScrollTable label="What takes the room, the largest first">
          <TableHead columns={['Repository', 'Holds', 'Alone', 'Tags', 'Manifests', 'Blobs']} />
          <tbody>
            {repositories.map(({ repository, bytes, ownBytes, tags, manifests, blobs }) => (
              <tr key={repository}>
                <th scope="row">{repository}</th>
                <td>{bytesText(bytes)}</td>
                <td>{bytesText(ownBytes)}</td>
                <td>{tags}</td>
                <td>{manifests}</td>
                <td>{blobs}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {repositories.length < total.repositories ? (
        <p className="faint">{total.repositories - repositories.length} smaller ones are not listed.</p>
      ) : null}
      <h2>Garbage collection</h2>
      <Facts
        facts={[
          ['Done', everySeconds === undefined ? 'on command only' : `every ${spanText(everySeconds)}`],
          ['Last', <Age key="last" at={lastDoneAt} none="not known" />],
          ['What lost its tag stays for', spanText(keepUntaggedSeconds)],
        ]}
      />
      {refused === undefined ? null : (
        <div role="status" className="note bad">
          <p>
            <strong>Nothing would be collected.</strong> <code>{refused.code}</code> {refused.detail}
          </p>
        </div>
      )}
      {plan === undefined ? null : <CollectionPlan plan={plan} />}
    </>
  );
}
