import { type ProjectSearch, readProject } from './project-search.ts';

/** Which version of a profile the next one is made from. */
export interface EditSearch extends ProjectSearch {
  readonly from?: string | undefined;
}
/** Which version is to be rolled out. */
export interface StartSearch extends ProjectSearch {
  readonly profile?: string | undefined;
}
/** Which cluster was just made known. */
export interface NewSearch extends ProjectSearch {
  readonly made?: string | undefined;
}

type Raw = Readonly<Record<string, unknown>>;

export function readEdit(search: Raw): EditSearch {
  return { ...readProject(search), ...named('from', search.from) };
}

export function readStart(search: Raw): StartSearch {
  return { ...readProject(search), ...named('profile', search.profile) };
}

export function readNew(search: Raw): NewSearch {
  return { ...readProject(search), ...named('made', search.made) };
}

function named<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  const isName = typeof value === 'string' && /^[a-z0-9][a-z0-9.-]{0,252}$/.test(value);
  const found: { [P in K]?: string } = {};
  if (isName) found[key] = value;
  return found;
}
