import { z } from 'zod';
import type { ClusterStatus } from '../../../platform/api/cluster.ts';
import { InfrastructureState } from '../../../platform/api/infrastructure.ts';
import type { OwnedMachine } from '../../../platform/infra/provider/machine.ts';
import { Managed } from '../../fleet/managed.ts';
import { Inside } from '../site/inside.ts';
import { type HubSite, PROJECT_NAME } from './hub-site.ts';

const MINUTE = 60_000;
const NAMESPACE = `clusters-${PROJECT_NAME}`;
const OURS = `/apis/infrastructure.skerry.dev/v1alpha1/namespaces/${NAMESPACE}`;
const CAPI = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}`;
const ADDRESSES = '/apis/ipam.cluster.x-k8s.io/v1beta2/ipaddresses';
const FOR = 'infrastructure.skerry.dev/for';

const OurCluster = z.looseObject({
  status: z.looseObject({ summary: InfrastructureState.optional() }).optional(),
});
const Named = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});
const Addresses = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({ address: z.string(), poolRef: z.looseObject({ name: z.string() }) }),
    }),
  ),
});

const HealthChecks = z.looseObject({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({
        checks: z.looseObject({
          unhealthyNodeConditions: z.array(z.looseObject({ timeoutSeconds: z.int() })),
        }),
      }),
    }),
  ),
});

/** An address that is given out, of which pool, and to whom: `NAMESPACE/NAME`. */
export interface GivenAddress {
  readonly address: string;
  readonly pool: string;
  readonly owner: string;
}

/** A cluster that is made, as the hub, its gateway, the cloud and the cluster itself know it. */
export class MadeCluster {
  /** As the hub knows it. */
  readonly managed: Managed;
  readonly name: string;
  readonly #site: HubSite;

  constructor(site: HubSite, name: string) {
    this.#site = site;
    this.name = name;
    this.managed = new Managed(site.hub, PROJECT_NAME, name);
  }

  /** As the gateway itself knows it, with or without a hub. */
  async summary(): Promise<InfrastructureState | undefined> {
    const found = await this.#site.gateway.api.get(`${OURS}/skerryclusters/${this.name}`);
    return OurCluster.parse(found).status?.summary;
  }

  /** Its machines in the cloud. */
  async owned(): Promise<readonly OwnedMachine[]> {
    const all = await this.#site.vcenter.cloud.listOwned(new AbortController().signal);
    return all.filter(({ mark }) => mark.cluster === `${PROJECT_NAME}/${this.name}`);
  }

  async workers(): Promise<readonly OwnedMachine[]> {
    return (await this.owned()).filter(({ name }) => name.includes('workers'));
  }

  /** The hub says that all machines are there with so many workers, and nothing else. */
  async settled(workers: number, limitMs = 10 * MINUTE): Promise<InfrastructureState> {
    const holds = ({ infrastructure }: ClusterStatus) => isSettled(infrastructure, workers);
    const what = `has ${workers} workers`;
    const { infrastructure } = await this.managed.until(what, holds, { limitMs });
    if (infrastructure === undefined) throw new Error(`${this.name} has no machines`);
    return infrastructure;
  }

  /** Lays fields over each of its pools. */
  async patchPools(fields: object): Promise<void> {
    const pools = (await this.managed.read())?.spec.provision?.pools ?? [];
    await this.managed.patch({ provision: { pools: pools.map((pool) => ({ ...pool, ...fields })) } });
  }

  /** For how many seconds a node may be without word before its machine is replaced, as Cluster API has it by now. */
  async patience(): Promise<readonly number[]> {
    const { items } = HealthChecks.parse(await this.#site.gateway.api.get(`${CAPI}/machinehealthchecks`));
    return items.flatMap(({ spec }) =>
      spec.checks.unhealthyNodeConditions.map(({ timeoutSeconds }) => timeoutSeconds),
    );
  }

  /** An annotation of what the gateway has of it; null takes it away. */
  async annotate(name: string, value: string | null): Promise<void> {
    const { status } = await this.#site.gateway.api.request(`${OURS}/skerryclusters/${this.name}`, {
      ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json' },
      body: { metadata: { annotations: { [name]: value } } },
    });
    if (status !== 200) throw new Error(`annotation ${name} of ${this.name}: ${status}`);
  }

  /** Itself, looked at from its control plane. */
  async inside(): Promise<Inside> {
    const { endpoint = '' } = (await this.managed.status()).infrastructure ?? {};
    return new Inside(this.#site.machines, this.name, endpoint.replace('https://', ''));
  }

  /** The addresses of the gateway's pools that it or its machines have. */
  async addresses(): Promise<GivenAddress[]> {
    const { items } = Addresses.parse(await this.#site.gateway.api.get(ADDRESSES));
    return items
      .map(({ metadata, spec }) => ({
        ...{ address: spec.address, pool: spec.poolRef.name },
        owner: metadata.annotations[FOR] ?? '',
      }))
      .filter(
        ({ owner }) =>
          owner === `${NAMESPACE}/${this.name}` || owner.startsWith(`${NAMESPACE}/${this.name}-`),
      );
  }

  /** What there is of any cluster at the gateway, as long as no other was made: objects, addresses, Secrets. */
  async leftovers(): Promise<string[]> {
    const { api } = this.#site.gateway;
    const kinds = ['clusters', 'machines', 'machinedeployments', 'machinesets', 'machinehealthchecks'];
    const ours = ['skerrymachines', 'skerryclusters', 'skerrymachinetemplates'];
    const paths = [
      ...kinds.map((one) => `${CAPI}/${one}`),
      ...ours.map((one) => `${OURS}/${one}`),
      ADDRESSES,
    ];
    const left: string[] = [];
    for (const path of paths)
      left.push(...Named.parse(await api.get(path)).items.map(({ metadata }) => `${path}/${metadata.name}`));
    const secrets = Named.parse(await api.get(`/api/v1/namespaces/${NAMESPACE}/secrets`)).items;
    left.push(...secrets.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(this.name)));
    return left;
  }
}

/** All machines are ready, the control plane's and so many workers of the first pool, and there are no others. */
export function isSettled(state: InfrastructureState | undefined, workers: number): boolean {
  return (
    state?.phase === 'Provisioned' &&
    state.pools[0]?.ready === workers &&
    state.pools[0].wanted === workers &&
    state.machines.length === workers + state.controlPlane.wanted &&
    state.machines.every(({ phase, code }) => phase === 'ready' && code === undefined)
  );
}
