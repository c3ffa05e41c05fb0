import { numberAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { nameOf } from '../../forecast/workloads.ts';
import type { UpgradeCheck } from './finding.ts';

/**
 * A chart that leaves `replicas` out where it had it before: the API server then sets 1, unless an autoscaler or a person has
 * written the number meanwhile. Helm's own dry run does not tell.
 */
export const droppedReplicas: UpgradeCheck = {
  id: 'dropped-replicas',
  title: 'No workload falls back to one replica',
  ofRelease: true,
  run: ({ subject: { components } }) =>
    components.flatMap(({ name, before, after }) => {
      const had = new Map(before.filter(isScaled).map((object) => [nameOf(object), replicasOf(object)]));
      return after.objects.filter(isScaled).flatMap((object) => {
        const count = had.get(nameOf(object));
        if (count === undefined || count <= 1 || replicasOf(object) !== undefined) return [];
        return [
          {
            severity: 'warns' as const,
            subject: `component ${name}: ${nameOf(object)}`,
            message: `the new release does not say how many replicas; it had ${count}, and goes to 1 unless something else scales it`,
            remedy: 'See that an autoscaler is there, or scale it after the upgrade.',
          },
        ];
      });
    }),
};

function isScaled({ kind, apiVersion }: KubeObject): boolean {
  return apiVersion === 'apps/v1' && (kind === 'Deployment' || kind === 'StatefulSet');
}

function replicasOf(object: KubeObject): number | undefined {
  return numberAt(object, 'spec', 'replicas');
}
