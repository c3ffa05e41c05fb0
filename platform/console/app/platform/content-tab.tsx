import type { Operations } from '../../../client/operations.ts';
import { countText } from '../parts/count-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { NotShown } from './not-shown.tsx';
import { OnTheWorkstation } from './on-the-workstation.tsx';
import { PackTable } from './pack-table.tsx';
import { usePlatform } from './query.ts';
import { RegistryAge } from './registry-age.tsx';
import { originOf } from './running-origin.ts';

type Content = Operations['GET /api/v1/platform/content']['answer']['release'];

/** What runs and what the release is made of, by digest; where it came from, and who signed it. */
export function ContentTab({ maySee }: { readonly maySee: boolean }) {
  return (
    <>
      {maySee ? <ReleaseContent /> : <NotShown what="what the release is made of" />}
      <h2>Packs in the registry</h2>
      <PackTable />
    </>
  );
}

function ReleaseContent() {
  const { data, error, refetch } = usePlatform('GET /api/v1/platform/content', true);
  return (
    <>
      <Running content={data?.release} />
      {data === undefined ? (
        error === null ? (
          <Loading what="the release" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )
      ) : (
        <>
          <RegistryAge readAt={data.readAt} away={data.away} />
          <Signatures content={data.release} />
          <Components content={data.release} />
          <Images images={data.release.images} />
        </>
      )}
      <OnTheWorkstation
        title="Cover sheet and bytes"
        what="The cover sheet lies on the stick; whether every byte is what its digest says takes reading them all."
        commands={[
          ['skerry bundle show BUNDLE', 'what a stick holds, and who signed it'],
          ['skerry bundle verify BUNDLE --key VENDOR.pub', 'signatures and every byte of a stick'],
          ['skerry registry check', 'every byte of the registry, where its store lies'],
        ]}
      />
    </>
  );
}

function Running({ content }: { readonly content: Content | undefined }) {
  const { data, error } = usePlatform('GET /api/v1/platform/installation', true);
  return (
    <>
      <h2>What runs</h2>
      {data === undefined ? (
        error === null ? (
          <Loading what="what runs" />
        ) : (
          <ProblemNote error={error} />
        )
      ) : data.running.length === 0 ? (
        <Empty title="No pod runs in the platform’s namespace." />
      ) : (
        <ScrollTable label="What runs in the platform’s namespace">
          <TableHead columns={['Pod', 'Container', 'Image', 'Digest', 'Of the release', 'Node']} />
          <tbody>
            {data.running.map((container) => (
              <tr key={`${container.pod}/${container.container}`}>
                <th scope="row">{container.pod}</th>
                <td>{container.container}</td>
                <td>{container.image}</td>
                <td>
                  <code>{container.digest}</code>
                </td>
                <td>
                  <Origin container={container} content={content} />
                </td>
                <td>{container.node}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </>
  );
}

function Origin({
  container,
  content,
}: {
  readonly container: { readonly image: string; readonly digest: string };
  readonly content: Content | undefined;
}) {
  const found = originOf(container, content?.images);
  if (found === undefined) return <span className="faint">not known</span>;
  return found === 'other' ? (
    <State state="no" tone="warn" />
  ) : (
    <>
      <State state="yes" tone="good" /> {found.reference}
    </>
  );
}

function Signatures({ content }: { readonly content: Content }) {
  const { attachments, images } = content;
  const signed = images.filter((image) => image.signed).length;
  return (
    <>
      <h2>Signatures and statements</h2>
      {attachments.length === 0 ? (
        <Empty title="Nothing lies beside the release in the registry.">
          <p>The installer verified its signature all the same: the key is under Release.</p>
        </Empty>
      ) : (
        <ScrollTable label="Signatures and statements beside the release">
          <TableHead columns={['What', 'Type', 'Said to be by', 'Digest']} />
          <tbody>
            {attachments.map(({ kind, type, signers, digest }) => (
              <tr key={digest}>
                <th scope="row">{kind}</th>
                <td>{type}</td>
                <td>
                  {signers.map((signer) => (
                    <code key={signer}>{signer}</code>
                  ))}
                </td>
                <td>
                  <code>{digest}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      <p className="faint">
        The release’s signature covers every digest below. {signed} of {countText(images.length, 'image')}{' '}
        brought a signature of their own too.
      </p>
    </>
  );
}

function Components({ content: { components } }: { readonly content: Content }) {
  return (
    <>
      <h2>Components</h2>
      {components.length === 0 ? (
        <Empty title="The release is content alone." />
      ) : (
        <ScrollTable label="Components of the release, in the order in which they are installed">
          <TableHead columns={['Component', 'Namespace', 'Chart', 'Digest']} />
          <tbody>
            {components.map(({ name, namespace, chart }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{namespace}</td>
                <td>
                  {chart.repository}:{chart.tag}
                </td>
                <td>
                  <code>{chart.digest}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </>
  );
}

function Images({ images }: { readonly images: Content['images'] }) {
  return (
    <>
      <h2>Images</h2>
      <ScrollTable label="Images of the release">
        <TableHead columns={['Where it came from', 'In the registry', 'Digest', 'Own signature']} />
        <tbody>
          {images.map(({ reference, repository, tag, digest, signed }) => (
            <tr key={reference}>
              <th scope="row">{reference}</th>
              <td>
                {repository}:{tag}
              </td>
              <td>
                <code>{digest}</code>
              </td>
              <td>{signed ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </>
  );
}
