import type { Operations } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { bytesText } from '../parts/bytes-text.ts';
import { countText } from '../parts/count-text.ts';
import { Facts } from '../parts/facts.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';

type Report = NonNullable<Operations['GET /api/v1/platform/storage']['answer']['report']>;
type Plan = NonNullable<Report['collection']['plan']>;

const WHY: Readonly<Record<Plan['going'][number]['why'], string>> = {
  deleted: 'deleted by name',
  replaced: 'another took its tag',
  'never-tagged': 'never had a tag',
  part: 'part of an index that goes',
  referrer: 'belongs to an image that goes',
};
const REASONS: Readonly<Record<Plan['kept'][number]['reason'], string>> = {
  untagged: 'lost its tag a short while ago',
  pushed: 'may belong to a push that goes on',
  rule: 'a retention rule',
  'in-use': 'a client asked for it just now',
};

/** What garbage collection would take now, and what it keeps for now: a dry run, nothing is taken here. */
export function CollectionPlan({ plan }: { readonly plan: Plan }) {
  const { manifests, blobs, bytes, waitingBytes, unheld, unfinished, quarantined, unknown } = plan;
  const files = ({ files: count, bytes: size }: Plan['unheld']) =>
    count === 0 ? undefined : `${countText(count, 'file')}, ${bytesText(size)}`;
  return (
    <>
      <p>
        {manifests + blobs === 0 && bytes === 0
          ? 'There is nothing to collect now.'
          : `Now it would take ${countText(manifests, 'manifest')} and ${countText(blobs, 'blob')} from repositories, and give back ${bytesText(bytes)}.`}
        {waitingBytes === 0 ? '' : ` ${bytesText(waitingBytes)} more are kept for now.`}
      </p>
      <Facts
        facts={[
          ['Held by no repository', files(unheld)],
          ['Left unfinished', files(unfinished)],
          ['Corrupt, put aside', files(quarantined)],
          ['Not collected, as it is not known what they refer to', unknown.join(', ')],
        ]}
      />
      {plan.going.length === 0 ? null : (
        <ScrollTable label="What would go">
          <TableHead columns={['Repository', 'Digest', 'Was', 'Pushed', 'Why']} />
          <tbody>
            {plan.going.map(({ pushedAt, why, ...manifest }) => (
              <tr key={keyOf(manifest)}>
                <ManifestCells manifest={manifest} />
                <td>
                  <Age at={pushedAt} />
                </td>
                <td>{WHY[why]}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {plan.kept.length === 0 ? null : (
        <ScrollTable label="What is kept for now">
          <TableHead columns={['Repository', 'Digest', 'Was', 'Until', 'Why']} />
          <tbody>
            {plan.kept.map(({ until, reason, ...manifest }) => (
              <tr key={keyOf(manifest)}>
                <ManifestCells manifest={manifest} />
                <td>
                  <Age at={until} none="for ever" />
                </td>
                <td>{REASONS[reason]}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {manifests > plan.going.length || plan.keptManifests > plan.kept.length ? (
        <p className="faint">
          The first are listed; <code>skerry registry gc --plan</code> has them all.
        </p>
      ) : null}
    </>
  );
}

type Manifest = Pick<Plan['going'][number], 'repository' | 'digest' | 'lastTag'>;

function keyOf({ repository, digest }: Manifest): string {
  return `${repository} ${digest}`;
}

function ManifestCells({ manifest: { repository, digest, lastTag } }: { readonly manifest: Manifest }) {
  return (
    <>
      <th scope="row">{repository}</th>
      <td>
        <code>{digest}</code>
      </td>
      <td>{lastTag}</td>
    </>
  );
}
