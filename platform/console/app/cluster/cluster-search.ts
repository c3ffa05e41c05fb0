import { type ProjectSearch, readProject } from '../shell/project-search.ts';

/** Which part of a cluster's page is shown. */
export interface TabSearch extends ProjectSearch {
  readonly tab?: string | undefined;
}

export function readTab(search: Readonly<Record<string, unknown>>): TabSearch {
  const { tab } = search;
  return { ...readProject(search), ...(typeof tab === 'string' ? { tab: tab.slice(0, 40) } : {}) };
}
