import { LRUCache } from 'lru-cache';
import type { SkerryError } from '../error.ts';

/** What is wrong with more than the one item that met it. */
const GENERAL = new Set([
  'DISK_FULL',
  'DISK_FAILED',
  'STORE_UNUSABLE',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_RATE_LIMITED',
  'CREDENTIALS_UNREADABLE',
  'CREDENTIAL_HELPER_FAILED',
]);
/** So many items one after the other that fail of the same: the others would wait for the same answer for hours. */
const ENOUGH = 12;

/** Registries of which troubles are remembered. */
const MOST_PLACES = 1000;

interface Trouble {
  readonly error: SkerryError;
  /** Items one after the other that have failed of it. */
  readonly count: number;
}

/** Sees when there is no point in trying the items that are left: all of them, or those of one registry among several. */
export class CopyTroubles {
  readonly #troubles = new LRUCache<string, Trouble>({ max: MOST_PLACES });

  /** Throws what the last items have failed of, when they were many. */
  check(repository: string): void {
    for (const place of [EVERYWHERE, placeOf(repository)]) {
      const trouble = this.#troubles.get(place);
      if (trouble !== undefined && trouble.count >= ENOUGH) throw trouble.error;
    }
  }

  isGeneral({ code }: SkerryError): boolean {
    return GENERAL.has(code);
  }

  failed(error: SkerryError, repository: string): void {
    const place = error.code.startsWith('REGISTRY_') ? placeOf(repository) : EVERYWHERE;
    const last = this.#troubles.get(place);
    const isSame = last?.error.code === error.code;
    const count = this.isGeneral(error) ? (isSame ? last.count + 1 : 1) : 0;
    this.#troubles.set(place, { error, count });
  }

  passed(repository: string): void {
    for (const place of [EVERYWHERE, placeOf(repository)]) this.#troubles.delete(place);
  }
}

const EVERYWHERE = '';

// Where one copy draws on several registries, each repository begins with the host of its own.
function placeOf(repository: string): string {
  const [host = ''] = repository.split('/');
  return host.includes('.') ? host : EVERYWHERE;
}
