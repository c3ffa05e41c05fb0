import type { OwnedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';

/**
 * What machines of the platform the clouds of a gateway have, by the clouds' own word, and which addresses. A gateway that
 * was restored from a backup knows nothing of machines that were made after it: their addresses are not free all the same.
 */
export class MachinesInClouds {
  readonly #accounts = new Map<string, readonly OwnedMachine[]>();
  /** Looks that are under way: what many ask for at once is asked once. */
  readonly #looks = new Map<string, Promise<readonly OwnedMachine[]>>();

  /** Looks into the cloud, and keeps what an account shows now. Throws what listOwned throws. */
  async look(
    account: string,
    provider: Pick<CloudProvider, 'listOwned'>,
    signal: AbortSignal,
  ): Promise<readonly OwnedMachine[]> {
    const owned = await provider.listOwned(signal);
    this.#accounts.set(account, owned);
    return owned;
  }

  /** What an account has shown last; looks into the cloud unless it was looked at before. Throws what listOwned throws. */
  async of(
    account: string,
    provider: Pick<CloudProvider, 'listOwned'>,
    signal: AbortSignal,
  ): Promise<readonly OwnedMachine[]> {
    const before = this.#accounts.get(account);
    if (before !== undefined) return before;
    const look = this.#looks.get(account) ?? this.look(account, provider, signal);
    this.#looks.set(account, look);
    return await look.finally(() => this.#looks.delete(account));
  }

  /** The addresses of all machines but one. */
  addressesBut(machine: string): Set<string> {
    const others = [...this.#accounts.values()].flat().filter(({ mark }) => mark.id !== machine);
    return new Set(others.flatMap(({ addresses }) => addresses));
  }

  /** A machine that has gone has none any more. */
  release(machine: string): void {
    for (const [account, owned] of this.#accounts)
      if (owned.some(({ mark }) => mark.id === machine))
        this.#accounts.set(
          account,
          owned.filter(({ mark }) => mark.id !== machine),
        );
  }

  /** An account that is there no more. */
  forget(account: string): void {
    this.#accounts.delete(account);
  }
}
