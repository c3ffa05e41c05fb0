import type { KubeClient } from '../apply/client.ts';
import type { CallOptions } from '../content/store.ts';
import {
  type Installation,
  type JournalPhase,
  readInstallation,
  type StoredInstallation,
  writeInstallation,
} from './installation.ts';

/** Writes down in the cluster what has begun and what is done. Only the holder of the lock writes. */
export class Journal {
  readonly #client: KubeClient;
  readonly #by: string;
  readonly #now: () => Date;
  #stored: StoredInstallation;

  private constructor(client: KubeClient, stored: StoredInstallation, by: string, now: () => Date) {
    this.#client = client;
    this.#stored = stored;
    this.#by = by;
    this.#now = now;
  }

  /** Begins a journal, or goes on with the one that is there; phases that it does not know yet are added. */
  static async open(
    client: KubeClient,
    begin: Installation,
    { by, now = () => new Date(), ...options }: CallOptions & { by: string; now?: () => Date },
  ): Promise<Journal> {
    const found = await readInstallation(client, options);
    const known = new Map(found?.installation.phases.map((phase) => [phase.id, phase]));
    const same = found?.installation.release.digest === begin.release.digest;
    const installation: Installation = {
      ...begin,
      namespaces: [...new Set([...(found?.installation.namespaces ?? []), ...begin.namespaces])],
      phases: begin.phases.map((phase) => (same && known.get(phase.id)) || phase),
    };
    const journal = new Journal(client, { installation, resourceVersion: found?.resourceVersion }, by, now);
    await journal.#write(installation, options);
    return journal;
  }

  get installation(): Installation {
    return this.#stored.installation;
  }

  /** Runs a phase between two entries. */
  async phase<T>(id: string, work: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    await this.#update(id, { state: 'running', startedAt: this.#now().toISOString(), by: this.#by }, options);
    const result = await work();
    await this.#update(id, { state: 'done', finishedAt: this.#now().toISOString() }, options);
    return result;
  }

  async finish(options: CallOptions = {}): Promise<void> {
    await this.#write({ ...this.installation, state: 'installed' }, options);
  }

  /** Notes the CRDs of a component before they are applied: uninstalling must know of them even if this breaks off. */
  async noteCrds(component: string, crds: readonly string[], options: CallOptions = {}): Promise<void> {
    const components = this.installation.components.map((entry) =>
      entry.name === component ? { ...entry, crds: [...new Set([...entry.crds, ...crds])].sort() } : entry,
    );
    await this.#write({ ...this.installation, components }, options);
  }

  async #update(id: string, change: Partial<JournalPhase>, options: CallOptions): Promise<void> {
    const phases = this.installation.phases.map((phase) =>
      phase.id === id ? { ...phase, ...change } : phase,
    );
    await this.#write({ ...this.installation, phases }, options);
  }

  async #write(installation: Installation, options: CallOptions): Promise<void> {
    this.#stored = await writeInstallation(this.#client, { ...this.#stored, installation }, options);
  }
}
