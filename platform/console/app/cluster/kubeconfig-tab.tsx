import { useQuery } from '@tanstack/react-query';
import type { Cluster } from '../../../client/kinds.ts';
import { call } from '../hub/call.ts';
import { problemOf } from '../hub/problem.ts';
import { CopyText } from '../parts/copy-text.tsx';
import { Empty, Loading } from '../parts/empty.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

/** A kubeconfig for who may have one. Nothing in it is secret: kubectl asks skerry for the user's own token. */
export function KubeconfigTab({ cluster }: { readonly cluster: Cluster }) {
  const { project, name } = cluster;
  const { data, error, refetch } = useQuery({
    queryKey: ['kubeconfig', project, name, cluster.version],
    queryFn: async ({ signal }) =>
      await call('GET /api/v1/projects/{project}/clusters/{name}/kubeconfig', {
        params: { project, name },
        signal,
      }),
    retry: false,
  });
  if (data === undefined) {
    if (error === null) return <Loading what="the kubeconfig" />;
    const { code, detail, remedy } = problemOf(error);
    if (code !== 'KUBECONFIG_UNAVAILABLE') return <ProblemNote error={error} retry={() => void refetch()} />;
    return (
      <Empty title={`The hub can’t give a kubeconfig: ${detail ?? 'something is missing'}.`}>
        <p>{remedy}</p>
      </Empty>
    );
  }
  return (
    <>
      <p>
        There is no secret in it. kubectl asks <code>skerry</code> for your own token of{' '}
        <code>{data.issuer}</code>; what you may do there, the cluster decides. Its API server has to trust
        that identity provider.
      </p>
      <CopyText label="kubeconfig" text={data.kubeconfig} />
      <h2>How to use it</h2>
      <ol>
        <li>
          Sign in once, in a terminal: <code>skerry login {data.hub}</code>
        </li>
        <li>
          Keep the text as a file, say <code>{name}.yaml</code>, and try it:{' '}
          <code>kubectl --kubeconfig {name}.yaml get nodes</code>
        </li>
      </ol>
    </>
  );
}
