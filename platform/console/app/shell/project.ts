import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { call } from '../hub/call.ts';

/** The project that is looked at; all of them where it is undefined. */
export function useProject(): string | undefined {
  return useSearch({ strict: false, select: ({ project }) => project });
}

export function useProjects() {
  return useQuery({
    queryKey: ['projects'],
    queryFn: async ({ signal }) =>
      (await call('GET /api/v1/projects', { query: { limit: 500 }, signal })).items,
    staleTime: 60_000,
  });
}
