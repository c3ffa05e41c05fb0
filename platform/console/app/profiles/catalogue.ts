import { useQuery } from '@tanstack/react-query';
import { call } from '../hub/call.ts';

/** The packs that there are, each with its newest version; a member of a project alone asks for that project. */
export function usePacks(project: string | undefined) {
  return useQuery({
    queryKey: ['packs', project ?? ''],
    queryFn: async ({ signal }) =>
      (await call('GET /api/v1/packs', { query: { limit: 500, project }, signal })).items,
    staleTime: 60_000,
  });
}

export function usePackVersions(project: string, name: string | undefined) {
  return useQuery({
    queryKey: ['packs', project, name],
    queryFn: async ({ signal }) =>
      (
        await call('GET /api/v1/packs/{name}', {
          params: { name: name ?? '' },
          query: { limit: 100, project },
          signal,
        })
      ).items,
    enabled: name !== undefined,
    staleTime: 60_000,
  });
}

/** Everything about one version of a pack; it never changes. */
export function usePack(project: string, name: string | undefined, version: string | undefined) {
  return useQuery({
    queryKey: ['packs', project, name, version],
    queryFn: async ({ signal }) => await readPack(project, name ?? '', version ?? '', signal),
    enabled: name !== undefined && version !== undefined,
    staleTime: 600_000,
  });
}

export async function readPack(project: string, name: string, version: string, signal?: AbortSignal) {
  return await call('GET /api/v1/packs/{name}/versions/{version}', {
    params: { name, version },
    query: { project },
    signal,
  });
}
