import { openLayout } from '../content/layout.ts';
import { type Reference, repositoryOf } from '../content/reference.ts';
import type { CredentialSource } from '../content/remote/credentials.ts';
import { openRemote, type RemoteStore } from '../content/remote/store.ts';
import { type Route, RoutedStore } from '../content/routed.ts';
import type { Store } from '../content/store.ts';
import type { ReleaseFile } from './release.ts';

export interface SourceOptions {
  readonly credentials?: CredentialSource | undefined;
  readonly ca?: string | undefined;
}

/** Images whose name begins with the prefix, and where they are. */
interface Override {
  readonly prefix: string;
  readonly store: Store;
  /** A layout names what it holds in full; a mirroring registry keeps the paths of the original. */
  readonly inFull: boolean;
}

/**
 * All of the connected side as one store: a repository is asked for at its registry, unless the release names another
 * source for it. Generated content (charts, packs, the release) is taken from `made`.
 */
export async function openSources(file: ReleaseFile, made: Store, options: SourceOptions): Promise<Sources> {
  const overrides: Override[] = [];
  for (const { prefix, layout, registry } of file.release.sources) {
    const store =
      layout === undefined
        ? openRemote(registry ?? prefix, { ...options, useProxy: true })
        : await openLayout(file.resolve(layout));
    overrides.push({ prefix: prefix.replace(/\/$/, ''), store, inFull: layout !== undefined });
  }
  // The longest prefix is the most particular one.
  overrides.sort((a, b) => b.prefix.length - a.prefix.length);
  return new Sources(overrides, made, options);
}

export class Sources extends RoutedStore {
  readonly #overrides: readonly Override[];
  readonly #options: SourceOptions;
  readonly #routes: Map<string, Route>;
  readonly #remotes = new Map<string, RemoteStore>();

  constructor(overrides: readonly Override[], made: Store, options: SourceOptions) {
    const routes = new Map<string, Route>();
    super(
      'the sources of the release',
      (repository) => routes.get(repository) ?? { store: made, repository },
    );
    this.#overrides = overrides;
    this.#options = options;
    this.#routes = routes;
  }

  /** Makes an image reachable; returns the repository under which it is now asked for. */
  add(reference: Reference): string {
    const repository = repositoryOf(reference);
    const name = `${reference.host}/${reference.path}`;
    const override = this.#overrides.find(({ prefix }) => name === prefix || name.startsWith(`${prefix}/`));
    const store = override?.store ?? this.#remote(reference.host);
    this.#routes.set(repository, { store, repository: override?.inFull ? repository : reference.path });
    return repository;
  }

  #remote(host: string): RemoteStore {
    const remote = this.#remotes.get(host) ?? openRemote(host, { ...this.#options, useProxy: true });
    this.#remotes.set(host, remote);
    return remote;
  }
}
