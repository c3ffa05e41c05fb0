import { type HealthRule, ruleFor } from '../../apply/health/health-rule.ts';
import { textAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import type { Finding } from './finding.ts';

/** Every cluster has these from its first moment. */
const OF_EVERY_CLUSTER: ReadonlySet<string> = new Set([
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
]);

interface Surroundings {
  /** Of the release: objects without one go there. */
  readonly namespace: string;
  /** What the release says of health: an object that it speaks of is known. */
  readonly rules: readonly HealthRule[];
}

/** What objects need that an island may not have, or has in another way. */
export function islandNeeds(
  objects: readonly KubeObject[],
  where: string,
  { namespace, rules }: Surroundings,
): Finding[] {
  return objects.flatMap((object): Finding[] => {
    const place = `${where}: ${describeObject(object)}`;
    if (isLoadBalancer(object) && ruleFor(placed(object, namespace), rules) === undefined)
      return [
        { code: 'LOAD_BALANCER_NEEDED', severity: 'warning', place, detail: 'spec.type is LoadBalancer' },
      ];
    if (isNamespace(object) && OF_EVERY_CLUSTER.has(object.metadata.name))
      return [{ code: 'NAMESPACE_OF_CLUSTER', severity: 'error', place, detail: 'no release can own it' }];
    return [];
  });
}

function placed(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

// It waits for an address from outside of the cluster.
function isLoadBalancer(object: KubeObject): boolean {
  const { apiVersion, kind } = object;
  return apiVersion === 'v1' && kind === 'Service' && textAt(object, 'spec', 'type') === 'LoadBalancer';
}

function isNamespace({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Namespace';
}
