import {
  type LocationDoors,
  type OpenedStore,
  openHeldAt,
  openSourceAt,
  openTargetAt,
} from '../../bundle/location.ts';
import type { RemoteOptions } from '../../content/remote/client.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import type { Store, WritableStore } from '../../content/store.ts';
import type { RegistryOptions } from './registry-options.ts';

/** Opens whatever a mirror file names as from and to. */
export class Locations {
  readonly #registries: RegistryOptions;
  readonly #doors: LocationDoors;

  constructor(registries: RegistryOptions, served: LocationDoors['served']) {
    this.#registries = registries;
    const remote = (address: string) => openRemote(address, registries.of(new URL(address).host));
    this.#doors = { remote, served };
  }

  /** The registry that image references, or a source that takes its place, name by this host. */
  host(host: string, more: Pick<RemoteOptions, 'isMirror'> = {}): RemoteStore {
    const options = this.#registries.of(host.replace(/^https?:\/\//, ''));
    return openRemote(this.#registries.addressOf(host), { ...options, ...more });
  }

  /** What openSourceAt opens, with what the mirror file says of registries. */
  async source(location: string): Promise<OpenedStore<Store>> {
    return await openSourceAt(location, this.#doors);
  }

  /** What openTargetAt opens. */
  async target(location: string): Promise<OpenedStore<WritableStore>> {
    return await openTargetAt(location, this.#doors);
  }

  /** What openHeldAt opens. */
  async held(location: string): Promise<OpenedStore<Store>> {
    return await openHeldAt(location, this.#doors);
  }
}
