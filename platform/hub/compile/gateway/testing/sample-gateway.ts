import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { digestOf } from '../../../../../content/digest.ts';
import { PackConfig } from '../../../../../content/pack-format.ts';
import type { GatewaySpec } from '../../../../api/gateway.ts';
import type { Provisioning } from '../../../../api/provisioning.ts';
import type { EnvelopeLayer } from '../../../../desired/envelope.ts';
import type { MadeCluster, NamedAccount } from '../made-cluster.ts';
import type { GatewayPlan, GatewaySources } from '../plan-gateway.ts';
import type { SystemPack, SystemPacks } from '../system-packs.ts';

const PACKS = new URL('../../../../../manifests/packs/', import.meta.url);

/** The pack as it is in this repository, in any version. */
export function realPack(name: string, version = '1.0.0', values: object = {}): SystemPack {
  const read = (file: string) => readFileSync(new URL(`${name}/chart/${file}`, PACKS), 'utf8');
  const config = PackConfig.parse({
    name,
    version,
    layer: 'kubernetes',
    values: { ...parse(read('values.yaml')), ...values },
    valuesSchema: JSON.parse(read('values.schema.json')),
  });
  return { version, digest: digestOf(`${name} ${version}`), config };
}

/** Packs that take any values. */
function anyPack(name: string): SystemPack {
  const config = PackConfig.parse({ name, version: '1.0.0', layer: 'kubernetes' });
  return { version: '1.0.0', digest: digestOf(`${name} 1.0.0`), config };
}

export const samplePacks: SystemPacks = (name, version = '1.0.0') => {
  if (version !== '1.0.0') return undefined;
  const isReal = ['cloud-account', 'machine-defaults', 'registry-cache', 'machine-cluster'].includes(name);
  return isReal ? realPack(name) : anyPack(name);
};

export const GATEWAY: GatewaySpec = {
  cluster: 'site',
  pools: [{ name: 'control-planes', ranges: ['10.0.0.10-10.0.0.20'], prefix: 24 }],
  nodes: {
    template: 'node-{kubernetes}',
    sizes: [{ name: 'small', cpus: 2, memoryMiB: 4096, diskGiB: 40 }],
    registry: { endpoint: 'https://registry.site:5000' },
  },
};

export const PROVISION: Provisioning = {
  account: 'vc',
  kubernetes: '1.34',
  placement: { datacenter: 'dc1', network: 'vm' },
  endpoint: { pool: 'control-planes' },
  controlPlane: { replicas: 1, size: 'small' },
  pools: [{ name: 'workers', replicas: 2, size: 'small' }],
};

export function accountOf(more: Partial<NamedAccount> = {}): NamedAccount {
  const spec = {
    type: 'vsphere' as const,
    gateway: 'gw',
    endpoint: 'https://vc.site',
    credentials: { name: 'vc-login' },
  };
  return { project: 'team', name: 'vc', spec, isLeaving: false, ...more };
}

export function clusterOf(
  provision: Partial<Provisioning> = {},
  more: Partial<MadeCluster> = {},
): MadeCluster {
  return {
    project: 'team',
    name: 'shop',
    uid: 'uid-shop',
    created: '2026-01-01T00:00:00Z',
    provision: { ...PROVISION, ...provision },
    isLeaving: false,
    token: 'token-of-shop',
    ...more,
  };
}

/** A gateway with one account and one cluster. */
export function sourcesOf(more: Partial<GatewaySources> = {}): GatewaySources {
  const gateway = { project: 'team', name: 'gw', spec: GATEWAY, isLeaving: false };
  const account = accountOf();
  const sources = {
    gateway,
    accounts: [
      { account, credentials: { state: 'found', texts: { username: 'u', password: 'hunter2' } } as const },
    ],
    clusters: [clusterOf()],
    machines: { secretText: () => undefined },
    isApplied: () => false,
    packs: samplePacks,
    packsPrefix: 'skerry/packs',
    checkPlacement: () => [],
    ...more,
  };
  return {
    ...sources,
    accountOf: (project, name) =>
      sources.accounts.map((one) => one.account).find((one) => one.project === project && one.name === name),
    gatewayOf: (project, name) =>
      project === sources.gateway.project && name === sources.gateway.name ? sources.gateway : undefined,
    isEnrolled: () => true,
    ...more,
  };
}

/** What an envelope would have of a plan, with its secrets sealed so that they can be told apart. */
export function envelopeLayers({ layers }: Pick<GatewayPlan, 'layers'>): EnvelopeLayer[] {
  return layers.map(({ layer, secrets }) => (secrets === undefined ? layer : { ...layer, sealed: 'jwe' }));
}
