import { z } from 'zod';
import type { ProviderModule } from './provider-module.ts';

/** The gateway's own controller writes its authority to whatever has this (platform/infra). */
const INJECT = { 'infrastructure.skerry.dev/inject-ca': 'true' };

const Metadata = z.looseObject({
  name: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const Definition = z.looseObject({
  kind: z.literal('CustomResourceDefinition'),
  metadata: Metadata.extend({ labels: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({ versions: z.array(z.unknown()) }),
});
const Hooks = z.looseObject({
  kind: z.enum(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']),
  metadata: Metadata,
  webhooks: z.array(
    z.looseObject({
      clientConfig: z.looseObject({ service: z.looseObject({ path: z.string() }) }),
    }),
  ),
});
const Role = z.looseObject({
  kind: z.enum(['ClusterRole', 'Role']),
  metadata: Metadata,
  rules: z.array(z.unknown()),
});

/** A definition with its contract's labels; what has several versions is converted by the provider's webhook. */
export function definition(
  source: unknown,
  { contracts, prefix, provider }: ProviderModule,
  namespace: string,
) {
  const object = Definition.parse(source);
  const labels = { ...object.metadata.labels, 'cluster.x-k8s.io/provider': provider, ...contracts };
  const annotations = { ...object.metadata.annotations };
  if (object.spec.versions.length < 2) {
    return { ...object, metadata: { ...object.metadata, labels, annotations } };
  }
  const service = { namespace, name: `${prefix}-webhook-service`, path: '/convert' };
  const webhook = { conversionReviewVersions: ['v1', 'v1beta1'], clientConfig: { service } };
  return {
    ...object,
    metadata: { ...object.metadata, labels, annotations: { ...annotations, ...INJECT } },
    spec: { ...object.spec, conversion: { strategy: 'Webhook', webhook } },
  };
}

/** Admission by the provider's own webhooks, named after it. */
export function admission(source: unknown, { prefix }: ProviderModule, namespace: string) {
  const object = Hooks.parse(source);
  const webhooks = object.webhooks.map((hook) => {
    const { path } = hook.clientConfig.service;
    return { ...hook, clientConfig: { service: { namespace, name: `${prefix}-webhook-service`, path } } };
  });
  const metadata = { name: `${prefix}-${object.metadata.name}`, annotations: INJECT };
  return { ...object, metadata, webhooks };
}

/** The rights that upstream says it needs: over the cluster, and in its own namespace those for its lease. */
export function rights(
  sources: readonly unknown[],
  { prefix, aggregate }: ProviderModule,
  namespace: string,
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
