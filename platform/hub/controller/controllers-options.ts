import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import type { Store } from '../../../content/store.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import type { Signed } from '../../desired/message.ts';
import type { PlacementCheck } from '../compile/gateway/made-cluster.ts';
import type { PlatformRegistry } from '../compile/registries.ts';
import type { Sealing } from '../compile/sealing.ts';
import type { GatewayObjects, WatchedGateways } from '../gateway/gateway-objects.ts';
import type { Catalog } from '../packs/catalog.ts';
import type { WatchedObjects } from './project-objects.ts';

export interface ControllersOptions {
  readonly client: KubeClient;
  readonly watched: WatchedObjects & WatchedGateways;
  readonly gateways: GatewayObjects;
  readonly catalog: Pick<Catalog, 'pack' | 'versions'>;
  readonly checkPlacement: PlacementCheck;
  /** Lower-case letters and digits, never the same twice. */
  readonly randomId: () => string;
  /** Where the platform's own packs are read from, and how agents reach the same. */
  readonly store: Store;
  readonly platformRegistry: PlatformRegistry;
  /** Opens a registry that a project named. */
  readonly openRegistry: (spec: PackRegistrySpec, credentials: Credentials | undefined) => Store & Closing;
  readonly door: () => HubDoor;
  readonly agentImage: (version: string) => Promise<string | undefined>;
  readonly sealing: Sealing;
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed | Promise<Signed>;
  /** The hub's own, for the lease. */
  readonly namespace: string;
  /** Unique to this run of the hub. */
  readonly identity: string;
  readonly log: ControllerLog;
  /** Further work that one hub of several does at a time; it ends when its signal is aborted. */
  readonly alsoLed?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly now?: (() => Date) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal: AbortSignal;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Closing {
  close(): Promise<void>;
}

export interface ControllerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
