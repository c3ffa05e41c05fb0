import type { Cluster } from '../../../client/kinds.ts';
import { useChange } from '../hub/change.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';

interface AcceptAgentProps {
  readonly cluster: Cluster;
  readonly mayChange: boolean;
}

/** Somebody asks to be the agent of this cluster: whether it is the right one is for a person to say. */
export function AcceptAgent({ cluster, mayChange }: AcceptAgentProps) {
  const { patch } = useChange('clusters');
  const request = cluster.status?.request;
  if (request === undefined || cluster.spec.agent?.key === request.key) return null;
  return (
    <div className="note warn">
      <p>
        <strong>An agent asks to join</strong> <Age at={request.at} />
        {request.from === undefined ? '' : ` from ${request.from}`}, with the key
      </p>
      <p>
        <code>{request.key}</code>
      </p>
      <p>
        Compare it with the fingerprint in the agent’s log in that cluster. Who is accepted gets what its
        profiles say.
      </p>
      {mayChange ? (
        <ActionButton
          label="Accept the agent"
          title={`Accept this agent for ${cluster.name}?`}
          act={async () => await patch(cluster, { spec: { agent: { key: request.key } } })}
        >
          <p>
            The agent with the key <code>{request.key}</code> is served from then on, and no other.
          </p>
        </ActionButton>
      ) : (
        <p>An operator of the project can accept it.</p>
      )}
    </div>
  );
}
