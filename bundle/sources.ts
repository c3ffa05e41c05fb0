import { fileSize } from '../content/bytes/blob-file.ts';
import { isDigest } from '../content/digest.ts';
import { messageOf } from '../content/error.ts';
import { openLayout } from '../content/layout/layout.ts';
import { bareTag, namesIn } from '../content/layout/layout-index.ts';
import { type LayoutNames, NAMELESS } from '../content/layout/layout-names.ts';
import {
  formatReference,
  type Reference,
  repositoryOf,
  tagOrDigest,
  tryParseReference,
} from '../content/reference.ts';
import type { RegistryWait, RemoteOptions } from '../content/remote/client.ts';
import type { CredentialSource } from '../content/remote/credentials.ts';
import { openRemote, type RemoteStore } from '../content/remote/store.ts';
import type { CallOptions, Manifest, Store, TagOrDigest } from '../content/store.ts';
import { type Route, RoutedStore } from '../content/stores/routed.ts';
import { openBundle } from './file/bundle-store.ts';
import { nearest } from './near-names.ts';
import type { ReleaseFile } from './release.ts';

export interface SourceOptions {
  readonly credentials?: CredentialSource | undefined;
  readonly ca?: string | undefined;
  /** Called before each wait that a registry asks for. */
  readonly onWait?: ((wait: RegistryWait) => void) | undefined;
  /** Opens the registry that image references name by this host, where more is to be said of it. */
  readonly openHost?: ((host: string, more: Pick<RemoteOptions, 'isMirror'>) => RemoteStore) | undefined;
}

/** Images whose name begins with the prefix, and where they are: a registry, or a layout with its names. */
interface Override {
  readonly prefix: string;
  readonly store: Store;
  /** A layout names what it holds in full; a mirroring registry keeps the paths of the original. */
  readonly inFull: boolean;
  readonly names?: LayoutNames | undefined;
  readonly close?: () => Promise<void>;
}

/**
 * All of the connected side as one store: a repository is asked for at its registry, unless the release names another
 * source for it. Generated content (charts, packs, the release) is taken from `made`. Throws STORE_NOT_FOUND,
 * LAYOUT_INVALID and what opening a bundle throws.
 */
export async function openSources(file: ReleaseFile, made: Store, options: SourceOptions): Promise<Sources> {
  const overrides: Override[] = [];
  for (const { prefix, layout, registry } of file.release.sources) {
    const source =
      layout === undefined
        ? {
            store: openHost(registry ?? prefix, options, { isMirror: true }),
            inFull: false,
          }
        : await openLocal(file.resolve(layout));
    overrides.push({
      prefix: prefix.replace(/\/$/, '').replace(/^index\.docker\.io(?=\/|$)/, 'docker.io'),
      ...source,
    });
  }
  // The longest prefix is the most particular one.
  overrides.sort((a, b) => b.prefix.length - a.prefix.length);
  return new Sources(overrides, made, options);
}

function openHost(host: string, options: SourceOptions, more: Pick<RemoteOptions, 'isMirror'>): RemoteStore {
  return options.openHost?.(host, more) ?? openRemote(host, { ...options, ...more, useProxy: true });
}

/** A layout in a folder, or in a tar as docker save and skopeo's oci-archive make them. */
async function openLocal(path: string): Promise<Omit<Override, 'prefix'>> {
  if ((await fileSize(path)) === undefined) {
    const store = await openLayout(path);
    return { store, inFull: true, names: store.names };
  }
  const store = await openBundle(path);
  return { store, inFull: true, names: store.names, close: () => store.close() };
}

export class Sources extends RoutedStore {
  readonly #overrides: readonly Override[];
  readonly #options: SourceOptions;
  readonly #routes: Map<string, Route>;
  readonly #remotes = new Map<string, RemoteStore>();
  /** Manifests by repository and digest: what was read to pin an image is read again for its content. */
  readonly #manifests = new Map<string, Manifest>();

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
    this.#routes.set(repository, this.#routeOf(reference));
    return repository;
  }

  /** As Store.readManifest; each manifest is asked for once, as registries limit how many may be had in an hour. */
  override async readManifest(
    repository: string,
    reference: TagOrDigest,
    options?: CallOptions,
  ): Promise<Manifest | undefined> {
    const known = this.#manifests.get(`${repository} ${reference}`);
    if (known !== undefined) return known;
    const manifest = await super.readManifest(repository, reference, options);
    if (manifest !== undefined) this.#manifests.set(`${repository} ${manifest.digest}`, manifest);
    return manifest;
  }

  /** Where an image was looked for, under which name, and what is there instead; for the message that it is missing. */
  async explain(reference: Reference, options: CallOptions = {}): Promise<string> {
    const override = this.#overrideOf(reference);
    if (override?.names !== undefined) {
      const wanted = formatReference(reference);
      return `looked in ${override.store.name} for ${wanted}: ${holdings(override.names, wanted)}`;
    }
    const { store, repository } = this.#routeOf(reference);
    const wanted = tagOrDigest(reference);
    const asked = `asked ${store.name} for ${repository}${isDigest(wanted) ? '@' : ':'}${wanted}`;
    return `${asked}: not there; ${await tagsNear(store, repository, wanted, options)}`;
  }

  async close(): Promise<void> {
    for (const { close } of this.#overrides) await close?.();
  }

  #routeOf(reference: Reference): Route {
    const override = this.#overrideOf(reference);
    if (override === undefined) return { store: this.#remote(reference.host), repository: reference.path };
    const { store, names, prefix, inFull } = override;
    const repository = inFull ? repositoryOf(reference) : reference.path;
    if (names === undefined) return { store, repository };
    // What has no name but a tag is taken for the one image that a source is for, and for no other.
    const unnamed =
      isName(prefix, nameOf(reference)) && names.index.some((entry) => bareTag(entry) !== undefined);
    return { store, repository: names.spellingOf(repository) ?? (unnamed ? NAMELESS : repository) };
  }

  #overrideOf(reference: Reference): Override | undefined {
    const name = nameOf(reference);
    return this.#overrides.find(({ prefix }) => isName(prefix, name) || name.startsWith(`${prefix}/`));
  }

  /** The name of the store that a repository which was added is asked for at. */
  sourceOf(repository: string): string {
    return this.#routes.get(repository)?.store.name ?? this.name;
  }

  /** Whether the release itself says where this image comes from. */
  covers(reference: Reference): boolean {
    return this.#overrideOf(reference) !== undefined;
  }

  #remote(host: string): RemoteStore {
    const remote = this.#remotes.get(host) ?? openHost(host, this.#options, {});
    this.#remotes.set(host, remote);
    return remote;
  }
}

// Docker Hub's images may be written without what its short names leave out.
function isName(prefix: string, name: string): boolean {
  const written = prefix.includes('/') ? tryParseReference(prefix) : undefined;
  return prefix === name || (written !== undefined && nameOf(written) === name);
}

function nameOf({ host, path }: Reference): string {
  return `${host}/${path}`;
}

function holdings({ index }: LayoutNames, wanted: string): string {
  const names = namesIn(index).map(({ repository, tag }) => `${repository}:${tag}`);
  const tags = index.map(bareTag).filter((tag) => tag !== undefined);
  const parts = [
    ...(names.length > 0 ? [`it holds ${nearest(names, wanted)}`] : []),
    ...(tags.length > 0
      ? [
          `it holds ${nearest(tags, wanted)} without a repository, which is found where prefix is the image's whole name`,
        ]
      : []),
    ...(names.length + tags.length === 0 && index.length > 0
      ? [`it holds ${index.length} manifests, none with a name`]
      : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'it holds nothing';
}

async function tagsNear(
  store: Store,
  repository: string,
  tag: string,
  options: CallOptions,
): Promise<string> {
  try {
    const tags = await store.listTags(repository, { ...options, limit: 1000 });
    return tags.length > 0 ? `it has the tags ${nearest(tags, tag)}` : 'it has no tags there';
  } catch (error) {
    options.signal?.throwIfAborted();
    return `its list of tags can't be had (${messageOf(error)})`;
  }
}
