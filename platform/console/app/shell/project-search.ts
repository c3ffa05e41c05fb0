/** Which project is looked at; all of them where it is absent. */
export interface ProjectSearch {
  readonly project?: string | undefined;
}

export function readProject(search: Readonly<Record<string, unknown>>): ProjectSearch {
  const { project } = search;
  return typeof project === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(project)
    ? { project }
    : {};
}
