import { useQuery } from '@tanstack/react-query';
import type { ObjectOf } from '../../../client/browser/watch-kinds.ts';
import { ask } from './call.ts';
import { useLive } from './live.ts';

/** The kinds of object that the console shows, by the name that addresses have. */
export type KindName =
  | 'clusters'
  | 'clusterprofiles'
  | 'cloudaccounts'
  | 'gateways'
  | 'clusterrevisions'
  | 'rollouts'
  | 'alerts'
  | 'alertreceivers';
export type ObjectsByKind = { readonly [K in KindName]: ObjectOf<K> };

interface Page<T> {
  readonly items: readonly T[];
  readonly continue?: string | undefined;
}

const PAGE = 500;
/** More are not held in a browser: who has so many filters on the hub. */
const MOST_PAGES = 20;

/** The objects of one kind in a project, or in all where there is none, kept up to date. */
export function useObjects<K extends KindName>(
  kind: K,
  project: string | undefined,
  { enabled = true }: { readonly enabled?: boolean } = {},
) {
  useLive(kind, project, enabled);
  return useQuery({
    queryKey: listKey(kind, project),
    queryFn: async ({ signal }) => await readAll<ObjectsByKind[K]>(kind, project, signal),
    enabled,
  });
}

/** One object, kept up to date. */
export function useObject<K extends KindName>(kind: K, project: string, name: string) {
  useLive(kind, project, true);
  return useQuery({
    queryKey: oneKey(kind, project, name),
    queryFn: async ({ signal }) =>
      await ask<ObjectsByKind[K]>(`GET /api/v1/projects/{project}/${kind}/{name}`, {
        params: { project, name },
        signal,
      }),
  });
}

export function listKey(kind: KindName, project: string | undefined) {
  return ['list', kind, project ?? ''] as const;
}

export function oneKey(kind: KindName, project: string, name: string) {
  return ['one', kind, project, name] as const;
}

async function readAll<T>(
  kind: KindName,
  project: string | undefined,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const name = project === undefined ? `GET /api/v1/${kind}` : `GET /api/v1/projects/{project}/${kind}`;
  const params: Record<string, string> = project === undefined ? {} : { project };
  const all: T[] = [];
  let next: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const found: Page<T> = await ask<Page<T>>(name, {
      params,
      query: { limit: PAGE, continue: next },
      signal,
    });
    all.push(...found.items);
    next = found.continue;
    if (next === undefined) break;
  }
  return all;
}
