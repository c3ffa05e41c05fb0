import type { Envelope } from '../../../desired/envelope.ts';
import type { GatewayPlan } from './plan-gateway.ts';

/**
 * The plan without one of the clusters that the last envelope does not have, which is told that there is no room for
 * it; undefined where there is none to leave out.
 */
export function withoutOneMore(
  plan: GatewayPlan,
  last: Pick<Envelope, 'layers'> | undefined,
): GatewayPlan | undefined {
  const known = new Set(last?.layers.map(({ name }) => name));
  const extra = plan.layers.findLast(({ name, cluster }) => cluster !== undefined && !known.has(name));
  if (extra?.cluster === undefined) return undefined;
  const full = {
    code: 'GATEWAY_FULL',
    path: 'spec.provision.account',
    detail: 'all of its clusters take up its desired state',
  };
  return {
    ...plan,
    layers: plan.layers.filter((layer) => layer !== extra),
    clusterFindings: new Map([...plan.clusterFindings, [extra.cluster, [full]]]),
  };
}
