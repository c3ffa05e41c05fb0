import type { Cluster } from '../../../client/kinds.ts';
import { Age } from '../parts/age.tsx';
import { Empty } from '../parts/empty.tsx';
import { Facts } from '../parts/facts.tsx';

/** What the agent says of the cluster itself. */
export function NodesTab({ cluster }: { readonly cluster: Cluster }) {
  const { status, spec } = cluster;
  const ready = status?.conditions?.find(({ type }) => type === 'NodesReady');
  if (status?.nodes === undefined)
    return (
      <Empty title="Its agent has not reported nodes yet.">
        <p>It does so with its first report, a moment after it was accepted.</p>
      </Empty>
    );
  const { nodes, agent, kubernetes, infrastructure } = status;
  return (
    <>
      <Facts
        facts={[
          ['Nodes', `${nodes.ready} of ${nodes.total} ready`],
          ['Kubernetes', kubernetes],
          ['Agent', agent?.version],
          [
            'Agent’s certificate',
            agent?.certificateUntil && (
              <>
                ends <Age at={agent.certificateUntil} />
              </>
            ),
          ],
          ['Agent’s key', spec.agent?.key && <code>{spec.agent.key}</code>],
          ['API server', infrastructure?.endpoint],
        ]}
      />
      {ready?.status === 'False' ? (
        <>
          <h2>Lost nodes</h2>
          <ul>
            {ready.message.split('; ').map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      ) : null}
      <h2>Kubeconfig</h2>
      <p>
        The hub keeps no administrator’s kubeconfig of a managed cluster and gives none out: who reaches that
        cluster’s API server asks its administrator
        {infrastructure?.endpoint === undefined
          ? ''
          : `; the API server answers at ${infrastructure.endpoint}`}
        . For the hub’s own API, <code>skerry login --kubectl</code> gives kubectl the identity that you have
        here.
      </p>
    </>
  );
}
