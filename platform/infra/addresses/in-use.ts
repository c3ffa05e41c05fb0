import type { OwnedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';

/**
 * What addresses the platform's machines have in the clouds of a gateway, by the clouds' own word. A gateway that was
 * restored from a backup knows nothing of machines that were made after it: their addresses are not free all the same.
 */
export class AddressesInUse {
  /** Of each account, which machine (by the id of its mark) has an address. */
  readonly #accounts = new Map<string, ReadonlyMap<string, string>>();

  /** Takes what an account has just shown. */
  note(account: string, owned: readonly OwnedMachine[]): void {
    const pairs = owned.flatMap(({ mark, addresses }) =>
      addresses.map((address): [string, string] => [address, mark.id]),
    );
    this.#accounts.set(account, new Map(pairs));
  }

  /** Looks into the cloud unless an account was looked at before. Throws what listOwned throws. */
  async look(
    account: string,
    provider: Pick<CloudProvider, 'listOwned'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!this.#accounts.has(account)) this.note(account, await provider.listOwned(signal));
  }

  /** All of them but those of one machine. */
  except(machine: string): Set<string> {
    const all = [...this.#accounts.values()].flatMap((addresses) => [...addresses]);
    return new Set(all.flatMap(([address, id]) => (id === machine ? [] : [address])));
  }

  /** A machine that has gone has none any more. */
  release(machine: string): void {
    for (const [account, addresses] of this.#accounts)
      if ([...addresses.values()].includes(machine))
        this.#accounts.set(account, new Map([...addresses].filter(([, id]) => id !== machine)));
  }

  /** An account that is there no more. */
  forget(account: string): void {
    this.#accounts.delete(account);
  }
}
