import { z } from 'zod';
import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import { algorithmOf, checkDigest, type Digest, digestOf, isDigest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { MAX_MANIFEST_BYTES, mediaTypeOfManifest, parseManifest } from '../manifest.ts';
import { ACCEPT_MANIFESTS, isManifestType } from '../media-type.ts';
import { NAME_GRAMMAR, TAG_GRAMMAR } from '../reference.ts';
import { referrerDescriptor } from '../referrers.ts';
import type {
  BlobReader,
  BlobSource,
  CallOptions,
  Manifest,
  PageOptions,
  ReadOptions,
  TagOrDigest,
  WritableStore,
} from '../store.ts';
import { originOf } from './address.ts';
import { readRemoteBlob } from './blob.ts';
import { RegistryClient, type RegistryRequest, type RegistryResponse, type RemoteOptions } from './client.ts';
import { readPages } from './pages.ts';
import { ReferrersTags } from './referrers-tag.ts';
import { uploadBlob } from './upload.ts';
import { cancelSession } from './upload-session.ts';

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const Catalog = z.looseObject({ repositories: z.array(z.string()).nullish() });
const ReferrersIndex = z.looseObject({ manifests: DescriptorListSchema });

/** Opens a registry by address, see `originOf`. Nothing is sent until it is used. Throws REFERENCE_INVALID. */
export function openRemote(address: string, options: RemoteOptions = {}): RemoteStore {
  return new RemoteStore(originOf(address), options);
}

/** Any registry over HTTP (distribution-spec 1.1). */
export class RemoteStore implements WritableStore {
  readonly name: string;
  readonly #client: RegistryClient;
  readonly #tagged = new ReferrersTags(this);

  constructor(origin: string, options: RemoteOptions) {
    this.name = `registry ${new URL(origin).host}`;
    this.#client = new RegistryClient(origin, options);
  }

  async statBlob(
    repository: string,
    digest: Digest,
    { signal }: CallOptions = {},
  ): Promise<number | undefined> {
    const request = pull('HEAD', repository, `blobs/${digest}`, signal);
    const response = await this.#client.send(request);
    if (response.statusCode !== 200 && response.statusCode !== 404)
      throw await this.#client.failure(request, response);
    await response.body.dump();
    // A registry that does not say how large it is might as well not have it: that is what a copy wants to know.
    const length = response.headers['content-length'];
    return response.statusCode === 200 && length !== undefined ? Number(length) : undefined;
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const request = pull('GET', repository, `blobs/${digest}`, options.signal);
    return await readRemoteBlob(this.#client, request, options, () =>
      this.statBlob(repository, digest, options),
    );
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    { signal }: CallOptions = {},
  ): Promise<Manifest | undefined> {
    const request = {
      ...pull('GET', repository, `manifests/${checkReference(reference)}`, signal),
      headers: { accept: ACCEPT_MANIFESTS },
    };
    const { response, bytes } = await this.#client.read(request, MAX_MANIFEST_BYTES);
    if (response.statusCode === 404) return await response.body.dump().then(() => undefined);
    if (response.statusCode !== 200) throw await this.#client.failure(request, response);
    const subject = `${this.name}/${repository}:${reference}`;
    const stated = isDigest(reference) ? reference : String(response.headers['docker-content-digest'] ?? '');
    if (isDigest(stated)) checkDigest(stated, bytes, subject);
    const said = String(response.headers['content-type']).split(';')[0]?.trim() ?? '';
    const mediaType = mediaTypeOfManifest(bytes, subject, isManifestType(said) ? said : undefined);
    return { digest: isDigest(stated) ? stated : digestOf(bytes), bytes, mediaType };
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    const url = `${pathOf(repository)}/tags/list`;
    return await this.#names(url, pullScope(repository), options, (json) => TagList.parse(json).tags ?? []);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return await this.#names(
      '/v2/_catalog',
      ['registry:catalog:*'],
      options,
      (json) => Catalog.parse(json).repositories ?? [],
    );
  }

  async listReferrers(repository: string, digest: Digest, options: CallOptions = {}): Promise<Descriptor[]> {
    const request = pull('GET', repository, `referrers/${digest}`, options.signal);
    const read = (json: unknown) => ReferrersIndex.parse(json).manifests;
    // Registries without this part of the API answer 404, odd ones 400, 401 or 405: what is asked next then tells.
    const listed = await readPages(this.#client, request, read, { absent: [400, 404, 405] }).catch(
      (error: unknown) => {
        if (isSkerryError(error, 'REGISTRY_DENIED')) return undefined;
        throw error;
      },
    );
    return listed ?? (await this.#tagged.list(repository, digest, options));
  }

  async writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    { signal }: CallOptions = {},
  ): Promise<void> {
    await uploadBlob({
      client: this.#client,
      path: pathOf(repository),
      scopes: pushScope(repository),
      descriptor,
      source,
      signal,
    });
  }

  async mountBlob(
    repository: string,
    descriptor: Descriptor,
    from: string,
    { signal }: CallOptions = {},
  ): Promise<boolean> {
    const query = new URLSearchParams({ mount: descriptor.digest, from });
    const scopes = [...pushScope(repository), ...pullScope(from)];
    const response = await this.#client.send({
      method: 'POST',
      url: `${pathOf(repository)}/blobs/uploads/?${query}`,
      headers: { 'content-length': '0' },
      scopes,
      signal,
    });
    await response.body.dump();
    if (response.statusCode === 202)
      await cancelSession(this.#client, response.headers.location, { scopes, signal });
    return response.statusCode === 201;
  }

  async writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    options: CallOptions = {},
  ): Promise<void> {
    const content = parseManifest(manifest, `${repository}@${manifest.digest}`);
    const response = await this.#putManifest(repository, reference, manifest, options);
    // A registry that lists referrers itself says so with this header.
    if (content.subject === undefined || response.headers['oci-subject'] !== undefined) return;
    const referrer = referrerDescriptor(manifest, content);
    await this.#tagged.add(repository, content.subject.digest, referrer, options);
  }

  async #putManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    { signal }: CallOptions,
  ): Promise<RegistryResponse> {
    const request: RegistryRequest = {
      method: 'PUT',
      url: `${pathOf(repository)}/manifests/${checkReference(reference)}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      scopes: pushScope(repository),
      signal,
    };
    const response = await this.#client.send(request);
    if (response.statusCode !== 201) throw await this.#client.failure(request, response);
    await response.body.dump();
    const kept = String(response.headers['docker-content-digest'] ?? '');
    if (!isDigest(kept) || kept === manifest.digest || algorithmOf(kept) !== algorithmOf(manifest.digest))
      return response;
    const detail = `sent ${manifest.digest}, kept ${kept}`;
    throw contentError('DIGEST_MISMATCH', { subject: request.url, detail });
  }

  /** Ends idle connections. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  async #names(
    url: string,
    scopes: string[],
    { limit, after, signal }: PageOptions,
    read: (json: unknown) => string[],
  ): Promise<string[]> {
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { n: String(limit) }),
      ...(after === undefined ? {} : { last: after }),
    });
    const first = query.size > 0 ? `${url}?${query}` : url;
    return (
      (await readPages(this.#client, { method: 'GET', url: first, scopes, signal }, read, { limit })) ?? []
    );
  }
}

function pull(
  method: 'GET' | 'HEAD',
  repository: string,
  rest: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return { method, url: `${pathOf(repository)}/${rest}`, scopes: pullScope(repository), signal };
}

// Names may come from an index of anyone's making. What is no name would lead to other parts of the registry's API.
function pathOf(repository: string): string {
  if (NAME_GRAMMAR.test(repository)) return `/v2/${repository}`;
  throw contentError('REFERENCE_INVALID', { subject: repository });
}

function checkReference(reference: TagOrDigest): TagOrDigest {
  if (isDigest(reference) || TAG_GRAMMAR.test(reference)) return reference;
  throw contentError('REFERENCE_INVALID', { subject: reference });
}

function pullScope(repository: string): string[] {
  return [`repository:${repository}:pull`];
}

function pushScope(repository: string): string[] {
  return [`repository:${repository}:pull,push`];
}
