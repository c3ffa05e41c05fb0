import { objectAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { UpgradeCheck } from './finding.ts';

/** A key of `stringData` that a chart drops stays in the Secret's `data`, and a credential that should be gone with it. */
export const droppedKeys: UpgradeCheck = {
  id: 'dropped-keys',
  title: 'No credential stays behind in a Secret',
  ofRelease: true,
  run: ({ subject: { components } }) =>
    components.flatMap(({ name, before, after }) => {
      const wanted = new Map(
        after.objects.filter(isSecret).map((secret) => [secret.metadata.name, keysOf(secret)]),
      );
      return before.filter(isSecret).flatMap((secret) => {
        const now = wanted.get(secret.metadata.name);
        const left = Object.keys(objectAt(secret, 'stringData') ?? {}).filter(
          (key) => now?.has(key) === false,
        );
        if (now === undefined || left.length === 0) return [];
        return [
          {
            severity: 'warns' as const,
            subject: `component ${name}: Secret ${secret.metadata.name}`,
            message: `the new release has no ${left.join(', ')} in it any more; Kubernetes leaves what came by stringData`,
            remedy: 'Take it out by hand after the upgrade, once it is certain that you do not go back.',
          },
        ];
      });
    }),
};

function isSecret({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}

function keysOf(secret: KubeObject): ReadonlySet<string> {
  return new Set(['data', 'stringData'].flatMap((field) => Object.keys(objectAt(secret, field) ?? {})));
}
