import type { ClusterStatus } from '../../../platform/api/cluster.ts';
import type { Step } from './timeline.ts';

/** What a user waits for when a cluster is made, in the order in which it should come. */
export const STEPS: readonly Step<ClusterStatus>[] = [
  { name: 'the hub takes it', holds: (status) => isTrue(status, 'ProvisionAccepted') },
  { name: 'the gateway reports it', holds: ({ infrastructure }) => infrastructure !== undefined },
  {
    name: 'the first machine is on',
    holds: ({ infrastructure }) =>
      infrastructure?.machines.some(({ phase }) => ['starting', 'joining', 'ready'].includes(phase)) === true,
  },
  {
    name: 'the control plane is available',
    holds: ({ infrastructure }) => infrastructure?.controlPlane.ready === 1,
  },
  {
    name: 'the agent is in it',
    holds: ({ infrastructure }) => isTrue({ conditions: infrastructure?.conditions }, 'AgentInstalled'),
  },
  { name: 'the agent is let in', holds: ({ agent }) => agent !== undefined },
  {
    name: 'all machines are ready',
    holds: ({ infrastructure }) => infrastructure?.phase === 'Provisioned',
  },
  {
    name: 'complete',
    holds: ({ phase, desired, applied }) =>
      phase === 'Ready' && desired !== undefined && applied?.number === desired.number,
  },
];

function isTrue({ conditions = [] }: Pick<ClusterStatus, 'conditions'>, type: string): boolean {
  return conditions.some((one) => one.type === type && one.status === 'True');
}
