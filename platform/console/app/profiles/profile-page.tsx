import { getRouteApi, Link } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { useObject, useObjects } from '../hub/objects.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { TextBox } from '../parts/text-box.tsx';
import { usePacks } from './catalogue.ts';
import { stackOf } from './stack.ts';
import { StackPicture } from './stack-picture.tsx';

const route = getRouteApi('/profiles/$project/$name');

/** One version of a profile. */
export function ProfilePage() {
  const { project, name } = route.useParams();
  const { data: profile, error, refetch } = useObject('clusterprofiles', project, name);
  const { data: packs = [] } = usePacks(project);
  const { data: clusters = [] } = useObjects('clusters', project);
  const { may } = useAccess(project);
  const above = (
    <>
      <Link to="/profiles">Profiles</Link> · project {project}
    </>
  );
  if (profile === undefined)
    return (
      <Page title={name} above={above}>
        {error === null ? (
          <Loading what="the profile" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const { spec, created } = profile;
  const users = clusters.filter((cluster) =>
    (cluster.spec.profiles ?? []).some((use) => use.name === spec.name && use.version === spec.version),
  );
  const layers = new Map(packs.map((pack) => [pack.name, pack.layer]));
  return (
    <Page
      title={`${spec.name}@${spec.version}`}
      above={above}
      actions={
        may('create', 'clusterprofiles') ? (
          <>
            <Link to="/profiles/edit" search={{ project, from: name }} className="button">
              Make the next version
            </Link>
            <Link to="/rollouts/start" search={{ project, profile: name }} className="button">
              Roll it out
            </Link>
          </>
        ) : null
      }
    >
      <Facts
        facts={[
          ['Made', <Age key="age" at={created} />],
          ['Description', spec.description],
          [
            'Used by',
            users.length === 0
              ? 'no cluster'
              : users.map((cluster) => (
                  <Link
                    key={cluster.uid}
                    className="listed"
                    to="/clusters/$project/$name"
                    params={{ project: cluster.project, name: cluster.name }}
                  >
                    {cluster.name}
                  </Link>
                )),
          ],
        ]}
      />
      <h2>Stack</h2>
      <StackPicture
        stack={stackOf(spec.packs, (pack) => layers.get(pack))}
        draw={(pack) => (
          <details>
            <summary>
              <strong>{pack.name}</strong> {pack.version}
              {pack.preset === undefined ? '' : ` · ${pack.preset}`}
            </summary>
            <Facts
              facts={[
                ['Namespace', pack.namespace ?? pack.name],
                ['After', pack.dependsOn?.join(', ')],
                ['Digest', <code key="digest">{pack.digest}</code>],
                ['Registry', pack.registry],
                ['Drift', pack.drift?.mode],
                ['When removed', pack.onRemove],
              ]}
            />
            {pack.values === undefined ? (
              <p className="faint">The pack’s own values.</p>
            ) : (
              <TextBox label={`Values of ${pack.name}`}>{pack.values}</TextBox>
            )}
          </details>
        )}
      />
      <h2>Variables</h2>
      {(spec.variables ?? []).length === 0 ? (
        <Empty title="It has no variables: it is the same in every cluster." />
      ) : (
        <ScrollTable label="Variables">
          <TableHead columns={['Name', 'Type', 'Default', 'Required', 'Description']} />
          <tbody>
            {(spec.variables ?? []).map((variable) => (
              <tr key={variable.name}>
                <th scope="row">{variable.name}</th>
                <td>
                  {variable.type ?? 'string'}
                  {variable.sensitive === true ? ', from a Secret' : ''}
                </td>
                <td>{variable.default === undefined ? '' : JSON.stringify(variable.default)}</td>
                <td>{variable.required === true ? 'yes' : ''}</td>
                <td>{variable.description}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Page>
  );
}
