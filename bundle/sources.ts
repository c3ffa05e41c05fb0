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

/**
 * All of the connected side as one store: a repository is asked for at its registry, unless the release names another
 * source for it. Generated content (charts, packs, the release) is taken from `made`.
 */
export async function openSources(file: ReleaseFile, made: Store, options: SourceOptions): Promise<Sources> {
  const overrides: { prefix: string; store: Store }[] = [];
  for (const { prefix, layout, registry } of file.release.sources) {
    const store =
      layout === undefined
        ? openRemote(registry ?? prefix, { ...options, useProxy: true })
        : await openLayout(file.resolve(layout));
    overrides.push({ prefix: prefix.replace(/\/$/, ''), store });
  }
  // The longest prefix is the most particular one.
  overrides.sort((a, b) => b.prefix.length - a.prefix.length);
  return new Sources(overrides, made, options);
}

export class Sources extends RoutedStore {
  readonly #routes: Map<string, Route>;

  constructor(overrides: readonly { prefix: string; store: Store }[], made: Store, options: SourceOptions) {
    const routes = new Map<string, Route>();
    super(
      'the sources of the release',
      (repository) => routes.get(repository) ?? { store: made, repository },
    );
    this.#routes = routes;
    const remotes = new Map<string, RemoteStore>();
    this.add = (reference) => {
      const repository = repositoryOf(reference);
      const name = `${reference.host}/${reference.path}`;
      const override = overrides.find(({ prefix }) => name === prefix || name.startsWith(`${prefix}/`));
      const remote =
        remotes.get(reference.host) ?? openRemote(reference.host, { ...options, useProxy: true });
      remotes.set(reference.host, remote);
      // A layout names what it holds in full; a mirroring registry keeps the paths of the original.
      const isLayout = override !== undefined && !('close' in override.store);
      const route = { store: override?.store ?? remote, repository: isLayout ? repository : reference.path };
      this.#routes.set(repository, route);
      return repository;
    };
  }

  /** Makes an image reachable; returns the repository under which it is now asked for. */
  readonly add: (reference: Reference) => string;
}
