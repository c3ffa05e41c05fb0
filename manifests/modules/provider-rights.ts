import { z } from 'zod';
import type { ProviderNames } from '../providers/provider-chart.ts';

const Role = z.looseObject({
  kind: z.enum(['ClusterRole', 'Role']),
  metadata: z.looseObject({ name: z.string() }),
  rules: z.array(z.unknown()),
});

/**
 * The rights that upstream says it needs: over the cluster, and in its own namespace those for its lease. With a label by
 * which ClusterRoles of others add to them.
 */
export function rights(
  sources: readonly unknown[],
  { prefix, namespace }: Pick<ProviderNames, 'prefix' | 'namespace'>,
  aggregate?: string,
) {
  const roles = sources.flatMap((source) => {
    const parsed = Role.safeParse(source);
    return parsed.success ? [parsed.data] : [];
  });
  const subjects = [{ kind: 'ServiceAccount', name: `${prefix}-manager`, namespace }];
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const labels = aggregate === undefined ? {} : { labels: { [aggregate]: 'true' } };
  const objects: object[] = roles.map((role) => {
    const name = `${prefix}-${role.metadata.name}`;
    return role.kind === 'Role'
      ? { apiVersion, kind: 'Role', metadata: { name, namespace }, rules: role.rules }
      : { apiVersion, kind: 'ClusterRole', metadata: { name, ...labels }, rules: role.rules };
  });
  if (aggregate !== undefined) {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [aggregate]: 'true' } }] };
    const metadata = { name: `${prefix}-aggregated-manager-role` };
    objects.push({ apiVersion, kind: 'ClusterRole', metadata, aggregationRule });
  }
  const bound = `${prefix}-${aggregate === undefined ? 'manager-role' : 'aggregated-manager-role'}`;
  objects.push(
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: `${prefix}-manager-rolebinding` },
      roleRef: { apiGroup, kind: 'ClusterRole', name: bound },
      subjects,
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: `${prefix}-leader-election-rolebinding`, namespace },
      roleRef: { apiGroup, kind: 'Role', name: `${prefix}-leader-election-role` },
      subjects,
    },
  );
  return objects;
}
