import { useQuery } from '@tanstack/react-query';
import type { Rollout } from '../../../client/kinds.ts';
import { ask, call } from '../hub/call.ts';
import type { RolloutPlan } from './batch-plan.tsx';

/** What becomes of clusters otherwise is not heard here: the plan is asked for again. */
const AGAIN_MS = 30_000;

/** The batches of a rollout from where it stands. */
export function useRolloutPlan({ project, name, version }: Pick<Rollout, 'project' | 'name' | 'version'>) {
  return useQuery({
    queryKey: ['rollout-plan', project, name, version],
    queryFn: async ({ signal }) =>
      await call('GET /api/v1/projects/{project}/rollouts/{name}/plan', {
        params: { project, name },
        signal,
      }),
    refetchInterval: AGAIN_MS,
    retry: false,
  });
}

/** Those of one that is still to be made; nothing is asked where there is no spec. */
export function useWantedPlan(project: string, body: string | undefined) {
  return useQuery({
    queryKey: ['rollout-plan', project, body],
    queryFn: async ({ signal }) => {
      const object: { readonly name: string } = JSON.parse(body ?? '');
      return await ask<RolloutPlan>('POST /api/v1/projects/{project}/rollouts/{name}/plan', {
        ...{ params: { project, name: object.name }, body: object, signal },
      });
    },
    enabled: body !== undefined,
    retry: false,
    gcTime: 0,
  });
}
