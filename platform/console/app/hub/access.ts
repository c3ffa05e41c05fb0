import { useQuery } from '@tanstack/react-query';
import { permits } from './access-rules.ts';
import { call } from './call.ts';

/**
 * What the user may do in a project, or everywhere where there is none. While it is not known everything may be tried:
 * the hub refuses what is not allowed, whatever is shown.
 */
export function useAccess(project: string | undefined) {
  const { data } = useQuery({
    queryKey: ['access', project ?? ''],
    queryFn: async ({ signal }) => (await call('GET /auth/access', { query: { project }, signal })).rules,
    staleTime: 30_000,
  });
  return {
    rules: data,
    may: (verb: string, resource: string) => data === undefined || permits(data, verb, resource),
  };
}
