import { z } from 'zod';

/** What of a Cluster API provider's own configuration goes into a pack, as its Go module has it. */
export interface ProviderSource {
  /** The YAML documents of config/crd/bases. */
  readonly definitions: readonly unknown[];
  /** The documents of config/crd/patches: which definitions are converted, and with which labels. */
  readonly patches: readonly unknown[];
  /** The documents of config/webhook/manifests.yaml. */
  readonly webhooks: readonly unknown[];
  /** The documents of config/rbac/role.yaml. */
  readonly roles: readonly unknown[];
}

export interface ProviderNames {
  /** Before the name of each object that is not a definition. */
  readonly prefix: string;
  readonly namespace: string;
  /** The Service that the API server calls. */
  readonly service: string;
  /** The provider's label, as `infrastructure-aws`. */
  readonly provider: string;
  /** Which version of Cluster API's contract is kept by which versions, as `{v1beta1: 'v1beta1_v1beta2'}`. */
  readonly contracts: Readonly<Record<string, string>>;
}

export interface ProviderChart {
  /** By name; they are no templates. */
  readonly definitions: ReadonlyMap<string, object>;
  readonly webhooks: readonly object[];
  readonly role: object;
}

/** By this annotation the gateway puts its authority into an object, and keeps it up to date. */
const INJECT = { 'infrastructure.skerry.dev/inject-ca': 'true' };

const Metadata = z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() });
const Definition = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('CustomResourceDefinition'),
  metadata: Metadata,
  spec: z.looseObject({ group: z.string(), versions: z.array(z.looseObject({ name: z.string() })) }),
});
const Patch = z.looseObject({
  metadata: Metadata,
  spec: z.looseObject({ conversion: z.looseObject({}).optional() }).optional(),
});
const Hook = z.looseObject({
  name: z.string(),
  clientConfig: z.looseObject({ service: z.looseObject({ path: z.string().optional() }) }),
});
const HookSet = z.looseObject({ kind: z.string(), metadata: Metadata, webhooks: z.array(Hook) });
const Role = z.looseObject({ kind: z.string(), rules: z.array(z.looseObject({})) });

/** Makes of a provider's configuration what kustomize and cert-manager would make of it, for a gateway that has neither. */
export function providerChart(source: ProviderSource, names: ProviderNames): ProviderChart {
  const patches = source.patches.map((patch) => Patch.parse(patch));
  const definitions = source.definitions.map((document) => {
    const definition = Definition.parse(document);
    const own = patches.filter(({ metadata }) => metadata.name === definition.metadata.name);
    return [definition.metadata.name, withPatches(definition, own, names)] as const;
  });
  const [role] = source.roles.map((one) => Role.parse(one)).filter(({ kind }) => kind === 'ClusterRole');
  if (role === undefined) throw new Error('no ClusterRole');
  return {
    definitions: new Map(definitions.sort(([a], [b]) => (a < b ? -1 : 1))),
    webhooks: source.webhooks.map((set) => hookSet(HookSet.parse(set), names)),
    role: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `${names.prefix}-manager`, labels: providerLabel(names) },
      rules: role.rules,
    },
  };
}

function withPatches(
  definition: z.infer<typeof Definition>,
  patches: readonly z.infer<typeof Patch>[],
  names: ProviderNames,
): object {
  const isConverted = patches.some(({ spec }) => spec?.conversion !== undefined);
  const labels = Object.assign({}, ...patches.map(({ metadata }) => metadata.labels));
  const contracts = Object.entries(names.contracts).map(([contract, versions]) => [
    `cluster.x-k8s.io/${contract}`,
    versions,
  ]);
  return {
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    metadata: {
      name: definition.metadata.name,
      labels: { ...providerLabel(names), ...Object.fromEntries(contracts), ...labels },
      ...(isConverted ? { annotations: INJECT } : {}),
    },
    spec: {
      ...z.looseObject({}).parse(withoutDescriptions(definition.spec)),
      ...(isConverted ? { conversion: conversion(names) } : {}),
    },
  };
}

function conversion({ service, namespace }: ProviderNames): object {
  return {
    strategy: 'Webhook',
    webhook: {
      conversionReviewVersions: ['v1', 'v1beta1'],
      clientConfig: { service: { name: service, namespace, path: '/convert' } },
    },
  };
}

function hookSet({ kind, metadata, webhooks }: z.infer<typeof HookSet>, names: ProviderNames): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: {
      name: `${names.prefix}-${metadata.name}`,
      labels: providerLabel(names),
      annotations: INJECT,
    },
    webhooks: webhooks.map((hook) => ({
      ...hook,
      clientConfig: {
        service: {
          name: names.service,
          namespace: names.namespace,
          path: hook.clientConfig.service.path,
        },
      },
    })),
  };
}

function providerLabel({ provider }: ProviderNames): Record<string, string> {
  return { 'cluster.x-k8s.io/provider': provider };
}

/** Descriptions are most of a definition's bytes, and an envelope's layer is applied often. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  // A property that is called "description" has a schema, not a text.
  const kept = Object.entries(value).filter(([key, one]) => key !== 'description' || typeof one !== 'string');
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutDescriptions(one)]));
}
