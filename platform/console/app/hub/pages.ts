import { type InfiniteData, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { ask } from './call.ts';
import { useLive } from './live.ts';
import type { KindName, ObjectsByKind } from './objects.ts';

/** A page of a list as the hub filters, sorts and counts it. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly continue?: string | undefined;
  /** All that fit the filter. */
  readonly total?: number | undefined;
  /** How many of those that fit the words are in each state. */
  readonly states?: Readonly<Record<string, number>> | undefined;
}
export type ListPages<T> = InfiniteData<ListPage<T>, string | undefined>;

export interface ListWish {
  readonly filter?: string | undefined;
  readonly state?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit: number;
}

/** A list of which a browser holds only what is shown: the hub filters and sorts it. Kept up to date. */
export function usePages<K extends KindName>(kind: K, project: string | undefined, wish: ListWish) {
  useLive(kind, project, true);
  const path = project === undefined ? `/api/v1/${kind}` : `/api/v1/projects/${project}/${kind}`;
  return useInfiniteQuery({
    queryKey: ['pages', kind, project ?? '', wish],
    queryFn: async ({ pageParam, signal }) =>
      await ask<ListPage<ObjectsByKind[K]>>(`GET ${path}`, {
        query: { ...wish, continue: pageParam },
        signal,
      }),
    initialPageParam: firstPage(),
    getNextPageParam: (last) => last.continue,
    placeholderData: keepPreviousData,
  });
}

function firstPage(): string | undefined {
  return undefined;
}
