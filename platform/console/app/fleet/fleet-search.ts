import { type ProjectSearch, readProject } from '../shell/project-search.ts';

export const SORTS = ['name', '-name', 'age', '-age', 'state', '-state'] as const;
export type Sort = (typeof SORTS)[number];

/** What of the fleet is looked at, as the address has it. */
export interface FleetSearch extends ProjectSearch {
  readonly text?: string | undefined;
  readonly state?: string | undefined;
  readonly sort?: Sort | undefined;
}

export function readFleetSearch(search: Readonly<Record<string, unknown>>): FleetSearch {
  const { text, state, sort } = search;
  const known = SORTS.find((each) => each === sort);
  return {
    ...readProject(search),
    ...(typeof text === 'string' && text !== '' ? { text: text.slice(0, 100) } : {}),
    ...(typeof state === 'string' && state !== '' ? { state: state.slice(0, 40) } : {}),
    ...(known === undefined ? {} : { sort: known }),
  };
}
