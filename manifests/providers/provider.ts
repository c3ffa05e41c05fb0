import type { ProviderNames } from './provider-chart.ts';

/** A Cluster API provider that is taken as it is, and made into a pack. */
export interface Provider {
  readonly module: string;
  readonly version: string;
  readonly licence: string;
  /** The folder of its pack below manifests/packs; absent where it is only shown that it could be one. */
  readonly pack?: string;
  readonly names: ProviderNames;
}

export const providers = {
  aws: {
    module: 'sigs.k8s.io/cluster-api-provider-aws/v2',
    version: '2.13.0',
    licence: 'Apache-2.0',
    pack: 'cluster-api-aws',
    names: {
      prefix: 'capa',
      namespace: 'capa-system',
      service: 'capa-webhook-service',
      provider: 'infrastructure-aws',
      contracts: { v1beta1: 'v1beta1_v1beta2' },
    },
  },
  gcp: {
    module: 'sigs.k8s.io/cluster-api-provider-gcp',
    version: '1.13.1',
    licence: 'Apache-2.0',
    names: {
      prefix: 'capg',
      namespace: 'capg-system',
      service: 'capg-webhook-service',
      provider: 'infrastructure-gcp',
      contracts: { v1beta1: 'v1beta1' },
    },
  },
} as const satisfies Record<string, Provider>;

export type ProviderName = keyof typeof providers;

export function isProviderName(text: string): text is ProviderName {
  return Object.hasOwn(providers, text);
}
