import { useNavigate } from '@tanstack/react-router';
import { useProject, useProjects } from './project.ts';

/** Which project is looked at; all that the user may see otherwise. */
export function ProjectChoice() {
  const project = useProject();
  const navigate = useNavigate();
  const { data: projects = [] } = useProjects();
  const names = projects.map(({ name }) => name);
  const unknown = project !== undefined && !names.includes(project) ? [project] : [];
  return (
    <label className="project-choice">
      <span>Project</span>
      <select
        value={project ?? ''}
        onChange={({ target }) =>
          void navigate({
            to: '.',
            search: (before) => ({ ...before, project: target.value === '' ? undefined : target.value }),
          })
        }
      >
        <option value="">All projects</option>
        {[...unknown, ...names].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
