import type { KubeClient } from '../../apply/client/client.ts';

/** Which namespaces there are; each is asked for once. */
export class Namespaces {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(client: Pick<KubeClient, 'get'>, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** True for one that is there to stay, and for objects that need none. */
  async has(name: string | undefined): Promise<boolean> {
    if (name === undefined) return true;
    const known = this.#known.get(name) ?? this.#ask(name);
    this.#known.set(name, known);
    return await known;
  }

  async #ask(name: string): Promise<boolean> {
    const reference = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    const found = await this.#client.get(reference, { signal: this.#signal });
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }
}
