import { useQuery } from '@tanstack/react-query';
import type { Cluster } from '../../../client/kinds.ts';
import type { Plan } from '../../../client/operations.ts';
import { ask } from '../hub/call.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ClusterPlan } from './plan-list.tsx';

interface ChangePlanProps {
  /** One that is there, or is to be made. */
  readonly cluster: Pick<Cluster, 'project' | 'name'> & { readonly labels?: Cluster['labels'] };
  /** As it would be. */
  readonly spec: Cluster['spec'];
}

/** What the hub works out that another spec would do to a cluster. */
export function ChangePlan({ cluster, spec }: ChangePlanProps) {
  const { project, name, labels } = cluster;
  const plan = useQuery({
    queryKey: ['plan', project, name, JSON.stringify(spec)],
    queryFn: async ({ signal }) =>
      await ask<Plan>('POST /api/v1/projects/{project}/clusters/{name}/plan', {
        params: { project, name },
        body: { name, labels, spec },
        signal,
      }),
    retry: false,
    gcTime: 0,
  });
  const [planned] = plan.data?.clusters ?? [];
  return (
    <div role="status">
      {plan.isPending ? <p>Working out what it would do…</p> : null}
      {planned === undefined ? null : <ClusterPlan cluster={planned} />}
      <ProblemNote error={plan.error} />
    </div>
  );
}
