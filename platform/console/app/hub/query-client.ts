import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { hubState } from './hub-state.ts';
import { problemOf } from './problem.ts';

/** The hub said that it can't now; what was asked may be asked again. */
const PASSING = new Set([0, 429, 502, 503]);
const TRIES = 3;

/** What is known of the hub. Lists are kept up to date by streams, so nothing is asked for again just because time passes. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < TRIES && PASSING.has(problemOf(error).status),
    },
    mutations: { retry: false },
  },
  queryCache: new QueryCache({ onSuccess: () => hubState.set(true), onError: notice }),
  mutationCache: new MutationCache({ onSuccess: () => hubState.set(true), onError: notice }),
});

function notice(error: unknown): void {
  hubState.set(problemOf(error).code !== 'HUB_UNREACHABLE');
}
