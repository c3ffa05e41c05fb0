import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { call } from '../hub/call.ts';
import { useSession } from '../hub/session.ts';
import { Age } from '../parts/age.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { useProject, useProjects } from '../shell/project.ts';
import { AddProject } from './add-project.tsx';
import { MemberTable } from './member-table.tsx';
import { ROLE_NAMES, ROLES } from './roles.ts';

/** Projects, who is in them, and who may do what. */
export function AccessPage() {
  const project = useProject();
  const everywhere = useAccess(undefined);
  return (
    <Page title="Access">
      <Projects mayCreate={everywhere.may('create', 'projects')} />
      {project === undefined ? <p>Choose a project to see its members.</p> : <Members project={project} />}
      <h2>Roles</h2>
      <ScrollTable label="What each role may do">
        <TableHead columns={['Role', 'May']} />
        <tbody>
          {ROLES.map((role) => (
            <tr key={role}>
              <th scope="row">{role}</th>
              <td>{ROLE_NAMES[role]}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="faint">
        Users, groups and what they may do are those of the hub’s cluster. A role that is bound for the whole
        cluster holds in all projects.
      </p>
      <Own project={project} />
    </Page>
  );
}

function Projects({ mayCreate }: { readonly mayCreate: boolean }) {
  const { data: projects, error, refetch } = useProjects();
  return (
    <>
      <h2>Projects</h2>
      {projects === undefined ? (
        error === null ? (
          <Loading what="projects" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )
      ) : projects.length === 0 ? (
        <Empty title="There is no project that you may see.">
          <p>
            {mayCreate
              ? 'Make one, with its members.'
              : 'Ask an administrator of the platform to make you a member.'}
          </p>
        </Empty>
      ) : (
        <ScrollTable label="Projects">
          <TableHead columns={['Project', 'Description', 'Made']} />
          <tbody>
            {projects.map(({ name, uid, description, created }) => (
              <tr key={uid}>
                <th scope="row">
                  <Link to="/access" search={{ project: name }}>
                    {name}
                  </Link>
                </th>
                <td>{description}</td>
                <td>
                  <Age at={created} />
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {mayCreate ? <AddProject /> : null}
    </>
  );
}

function Members({ project }: { readonly project: string }) {
  const { may } = useAccess(project);
  const maySee = may('get', 'projects/members');
  const { data, error } = useQuery({
    queryKey: ['members', project],
    queryFn: async ({ signal }) =>
      await call('GET /api/v1/projects/{project}/members', { params: { project }, signal }),
    enabled: maySee,
  });
  return (
    <>
      <h2>Members of {project}</h2>
      {!maySee ? (
        <p>Your role in this project does not show its members.</p>
      ) : data === undefined ? (
        error === null ? (
          <Loading what="members" />
        ) : (
          <ProblemNote error={error} />
        )
      ) : (
        <MemberTable
          key={data.version}
          project={project}
          members={data.members}
          version={data.version}
          mayChange={may('update', 'projects/members')}
        />
      )}
    </>
  );
}

/** What the user may do, and as who. */
function Own({ project }: { readonly project: string | undefined }) {
  const { data: session } = useSession();
  const { rules } = useAccess(project);
  return (
    <>
      <h2>What you may do {project === undefined ? 'in the whole platform' : `in ${project}`}</h2>
      <p>
        You are <code>{session?.user}</code>
        {session?.groups.length ? (
          <>
            {' '}
            in{' '}
            {session.groups.map((group) => (
              <code key={group} className="listed">
                {group}
              </code>
            ))}
          </>
        ) : null}
      </p>
      {rules === undefined ? (
        <Loading what="your permissions" />
      ) : rules.length === 0 ? (
        <Empty title="Nothing." />
      ) : (
        <ScrollTable label="What you may do">
          <TableHead columns={['To', 'You may']} />
          <tbody>
            {rules.map(({ verbs, resources }) => (
              <tr key={`${verbs} ${resources}`}>
                <th scope="row">{resources.join(', ')}</th>
                <td>{verbs.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </>
  );
}
