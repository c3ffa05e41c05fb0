import { useQuery } from '@tanstack/react-query';
import type { Operations } from '../../../client/operations.ts';
import { ask } from '../hub/call.ts';
import { problemOf } from '../hub/problem.ts';

type PlatformOperation =
  | 'GET /api/v1/platform/installation'
  | 'GET /api/v1/platform/content'
  | 'GET /api/v1/platform/storage'
  | 'GET /api/v1/platform/channel';

/** What the hub says of the platform itself; it is asked again when a page that shows it is opened. */
export function usePlatform<N extends PlatformOperation>(name: N, maySee: boolean) {
  return useQuery<Operations[N]['answer']>({
    queryKey: ['platform', name],
    queryFn: async ({ signal }) => await ask<Operations[N]['answer']>(name, { signal }),
    enabled: maySee,
    // What is not there, or not readable, is so the next time as well.
    retry: (count, error) => count < 1 && problemOf(error).status !== 404,
  });
}
