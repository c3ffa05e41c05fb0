import type { Envelope } from '../../desired/envelope.ts';
import { type GatewayPlan, planGateway } from '../compile/gateway/plan-gateway.ts';
import { isSystemLayer } from '../compile/gateway/system-packs.ts';
import type { NearCache } from '../compile/registries.ts';
import type { GatewayPlanner } from '../controller/cluster-work.ts';
import { keyOf, type StoredCluster } from '../watched/stored.ts';
import { keyOfCluster } from './gateway-objects.ts';
import { type GatewaySourcesWorld, gatewaySources } from './gateway-sources.ts';

/** What was planned last for each gateway, for those who tell it to gateways, accounts and clusters. */
export class GatewayPlans implements GatewayPlanner {
  readonly #world: GatewaySourcesWorld;
  readonly #onPlanned: (gatewayKey: string) => void;
  readonly #plans = new Map<string, GatewayPlan>();

  constructor(world: GatewaySourcesWorld, onPlanned: (gatewayKey: string) => void) {
    this.#world = world;
    this.#onPlanned = onPlanned;
  }

  /** By the key of the gateway. */
  get(gatewayKey: string): GatewayPlan | undefined {
    return this.#plans.get(gatewayKey);
  }

  async plan(
    cluster: StoredCluster,
    last: Envelope | undefined,
    signal: AbortSignal,
  ): Promise<GatewayPlan | undefined> {
    const layers = last?.layers ?? [];
    const gateway = this.#world.objects.gatewayOf(keyOfCluster(cluster));
    if (gateway === undefined) return layers.some(isSystemLayer) ? planGateway(undefined, layers) : undefined;
    // Both are of one report.
    const isHeld = last !== undefined && cluster.status.held?.number === last.number;
    const isApplied = (layer: string) =>
      isHeld && (cluster.status.layers ?? []).some(({ name, state }) => name === layer && state === 'ready');
    return planGateway(await gatewaySources(this.#world, gateway, layers, isApplied, signal), layers);
  }

  /** The cache beside the machines of a cluster, where the gateway that makes it has one. */
  nearCache(cluster: StoredCluster): NearCache | undefined {
    const { cache, endpoint } = this.#world.objects.makerOf(cluster)?.spec.nodes?.registry ?? {};
    if (cache === undefined || endpoint === undefined) return undefined;
    return { upstream: endpoint, address: cache.endpoint, ca: cache.ca };
  }

  planned(cluster: StoredCluster, plan: GatewayPlan): void {
    const gateway = this.#world.objects.gatewayOf(keyOfCluster(cluster));
    if (gateway === undefined) return;
    const key = keyOf(gateway.metadata.namespace, gateway.metadata.name);
    this.#plans.set(key, plan);
    this.#onPlanned(key);
  }
}
