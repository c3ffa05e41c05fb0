import { repositoryOf } from '../../content/reference.ts';
import type { Store } from '../../content/store.ts';
import { hasRepository } from '../../content/stores/knowing-store.ts';
import type { Exchange } from './exchange.ts';
import { isRepository } from './route.ts';

/**
 * The names that a client means which asks a mirror (distribution-spec, "Registry Proxying"): containerd asks for
 * `library/app?ns=docker.io` when it wants `docker.io/library/app`, and under that name the content is kept here. So
 * nodes whose containerd has the registry as a mirror pull unchanged references.
 */
export function scopedNames(ns: string | null, repository: string): readonly string[] {
  if (ns === null || ns.length > 255 || !HOST.test(ns)) return [];
  const name = repositoryOf({ host: ns, path: repository });
  return isRepository(name) ? [name] : [];
}

/** The first of the names that is a repository, or else the last: what is listed comes from one. The client hears it. */
export async function listedName(
  exchange: Exchange,
  store: Store,
  repositories: readonly string[],
  asked: string,
): Promise<string> {
  let [found = asked, ...others] = repositories;
  for (const next of others) {
    if (await hasRepository(store, found, { signal: exchange.signal })) break;
    found = next;
  }
  sayNamespace(exchange, found, asked);
  return found;
}

/** Tells a mirror's client that its namespace was what its content was found under. */
export function sayNamespace({ query, headers }: Exchange, found: string, asked: string): void {
  const ns = query.get('ns');
  if (ns !== null && found !== asked) headers['oci-namespace'] = ns;
}

const HOST = /^[a-zA-Z0-9.:[\]-]+$/;
