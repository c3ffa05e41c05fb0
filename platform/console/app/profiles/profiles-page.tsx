import { Link } from '@tanstack/react-router';
import type { Cluster, Profile } from '../../../client/kinds.ts';
import { useAccess } from '../hub/access.ts';
import { useObjects } from '../hub/objects.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { useProject } from '../shell/project.ts';
import { versionsByProfile } from './versions.ts';

/** All profiles, each with its versions. */
export function ProfilesPage() {
  const project = useProject();
  const { data: profiles, error, refetch } = useObjects('clusterprofiles', project);
  const { data: clusters = [] } = useObjects('clusters', project);
  const { may } = useAccess(project);
  return (
    <Page
      title="Profiles"
      actions={
        project !== undefined && may('create', 'clusterprofiles') ? (
          <Link to="/profiles/edit" search={{ project }} className="button primary">
            Make a profile
          </Link>
        ) : null
      }
    >
      {profiles === undefined ? (
        error === null ? (
          <Loading what="profiles" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )
      ) : profiles.length === 0 ? (
        <Empty title="There are no profiles yet.">
          <p>
            A profile says which packs a cluster is made of.{' '}
            {project === undefined
              ? 'Choose a project above to make one.'
              : 'Make one to give it to clusters.'}
          </p>
        </Empty>
      ) : (
        versionsByProfile(profiles).map(([key, versions]) => (
          <ProfileVersions key={key} versions={versions} clusters={clusters} />
        ))
      )}
    </Page>
  );
}

function ProfileVersions({
  versions,
  clusters,
}: {
  readonly versions: readonly Profile[];
  readonly clusters: readonly Cluster[];
}) {
  const [newest] = versions;
  if (newest === undefined) return null;
  const usersOf = ({ spec, project }: Profile) =>
    clusters.filter(
      (cluster) =>
        cluster.project === project &&
        (cluster.spec.profiles ?? []).some((use) => use.name === spec.name && use.version === spec.version),
    ).length;
  return (
    <section aria-labelledby={newest.uid}>
      <h2 id={newest.uid}>
        {newest.spec.name} <span className="faint">in {newest.project}</span>
      </h2>
      <ScrollTable label={`Versions of ${newest.spec.name}`}>
        <TableHead columns={['Version', 'Packs', 'Clusters', 'Made', 'Description']} />
        <tbody>
          {versions.map((profile) => (
            <tr key={profile.uid}>
              <th scope="row">
                <Link to="/profiles/$project/$name" params={{ project: profile.project, name: profile.name }}>
                  {profile.spec.version}
                </Link>
              </th>
              <td>{profile.spec.packs.map(({ name, version }) => `${name}@${version}`).join(', ')}</td>
              <td>{usersOf(profile)}</td>
              <td>
                <Age at={profile.created} />
              </td>
              <td>{profile.spec.description}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  );
}
