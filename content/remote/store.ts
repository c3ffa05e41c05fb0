import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Attachments } from '../copy/attachments.ts';
import { type Descriptor, DescriptorListSchema } from '../descriptor.ts';
import { algorithmOf, checkDigest, type Digest, digestOf, isDigest } from '../digest.ts';
import { isSkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { descriptorOf, MAX_MANIFEST_BYTES, mediaTypeOfManifest, parseManifest } from '../manifest.ts';
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
import type { DeletingStore } from '../stores/deleting-store.ts';
import { originOf } from './address.ts';
import { RemoteAttachments } from './attachments.ts';
import { readRemoteBlob } from './blob.ts';
import { RegistryClient, type RegistryRequest, type RegistryResponse, type RemoteOptions } from './client.ts';
import { readPages } from './pages.ts';
import { ReferrersTags } from './referrers-tag.ts';
import { uploadBlob } from './upload.ts';
import { cancelSession } from './upload-session.ts';
import type { UploadSessions } from './upload-sessions.ts';

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const Catalog = z.looseObject({ repositories: z.array(z.string()).nullish() });
const ReferrersIndex = z.looseObject({ manifests: DescriptorListSchema.nullish() });
/** What registries answer that have no referrers API: 404, odd ones one of the others. */
const NO_API = [400, 404, 405, 501];
/** What is answered to HEAD where GET alone is known. */
const HEAD_REFUSED = [400, 405, 501];
/** Pages of a list of tags that are worth reading, where asking for single tags would do as well. */
const WORTH_PAGES = 5;

/** Opens a registry by address, see `originOf`. Nothing is sent until it is used. Throws REFERENCE_INVALID. */
export function openRemote(address: string, options: RemoteOptions = {}): RemoteStore {
  return new RemoteStore(originOf(address), options);
}

/** Any registry over HTTP (distribution-spec 1.1). */
export class RemoteStore implements WritableStore, DeletingStore {
  readonly name: string;
  readonly #client: RegistryClient;
  readonly #isMirror: boolean;
  readonly #sessions: UploadSessions | undefined;
  readonly #tagged = new ReferrersTags(this);
  /** It has answered a HEAD of a manifest in a way that can't be used. */
  #headsFail = false;

  constructor(origin: string, options: RemoteOptions) {
    this.name = `registry ${new URL(origin).host}`;
    this.#isMirror = options.isMirror ?? false;
    this.#sessions = options.sessions;
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
    if (response.statusCode === 404) return undefined;
    const length = response.headers['content-length'];
    return length === undefined ? await this.#sizeByRange(repository, digest, signal) : Number(length);
  }

  // Some registries answer HEAD without a size. One that does not say it of a part either might as well not have the
  // blob: that is what a copy wants to know.
  async #sizeByRange(
    repository: string,
    digest: Digest,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const request = {
      ...pull('GET', repository, `blobs/${digest}`, signal),
      headers: { range: 'bytes=0-0' },
    };
    const { headers, statusCode, body } = await this.#client.send(request);
    // Not read to its end: it may be the whole blob.
    await body.dump({ limit: 1 });
    const total = /\/(\d+)$/.exec(String(headers['content-range']))?.[1];
    const size = statusCode === 200 ? headers['content-length'] : total;
    return typeof size === 'string' ? Number(size) : undefined;
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

  /** One HEAD; of a registry that answers it badly, GET from then on. */
  async resolveManifest(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions = {},
  ): Promise<Descriptor | undefined> {
    const answer = this.#headsFail ? 'ask again' : await this.#headManifest(repository, reference, options);
    if (answer !== 'ask again') return answer;
    const manifest = await this.readManifest(repository, reference, options);
    if (manifest === undefined) return undefined;
    this.#headsFail = true;
    return descriptorOf(manifest);
  }

  // distribution-spec, "Pulling manifests": HEAD should say what GET says. Not every registry, nor every proxy, lets it.
  async #headManifest(
    repository: string,
    reference: TagOrDigest,
    { signal }: CallOptions,
  ): Promise<Descriptor | 'ask again' | undefined> {
    const request: RegistryRequest = {
      ...pull('HEAD', repository, `manifests/${checkReference(reference)}`, signal),
      headers: { accept: ACCEPT_MANIFESTS },
    };
    const response = await this.#client.send(request);
    const { statusCode, headers } = response;
    if (statusCode !== 200 && !HEAD_REFUSED.includes(statusCode) && statusCode !== 404)
      throw await this.#client.failure(request, response);
    await response.body.dump();
    if (statusCode === 404) return undefined;
    const digest = isDigest(reference) ? reference : String(headers['docker-content-digest'] ?? '');
    const mediaType = String(headers['content-type']).split(';')[0]?.trim() ?? '';
    const size = Number(headers['content-length'] ?? Number.NaN);
    const isUsable = statusCode === 200 && isDigest(digest) && isManifestType(mediaType);
    return isUsable && Number.isSafeInteger(size) ? { digest, mediaType, size } : 'ask again';
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions = {},
  ): Promise<Manifest | undefined> {
    return await this.#askManifest(repository, reference, { ...options, once: false });
  }

  async #askManifest(
    repository: string,
    reference: TagOrDigest,
    { signal, once }: CallOptions & { once: boolean },
  ): Promise<Manifest | undefined> {
    const request: RegistryRequest = {
      ...pull('GET', repository, `manifests/${checkReference(reference)}`, signal),
      headers: { accept: ACCEPT_MANIFESTS },
      tries: once ? 1 : undefined,
    };
    const { response, bytes: read } = await this.#client.read(request, MAX_MANIFEST_BYTES);
    if (response.statusCode === 404) return await response.body.dump().then(() => undefined);
    if (response.statusCode !== 200) throw await this.#client.failure(request, response);
    const bytes = plainBytes(read, response.headers['content-encoding']);
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
    const listed = await this.#askReferrers(repository, digest, options);
    return listed ?? (await this.#tagged.list(repository, digest, options));
  }

  attachments(repository: string, known: readonly string[]): Attachments {
    const questions = {
      askReferrers: this.#askReferrers.bind(this),
      askTags: this.#askTags.bind(this),
      askManifest: this.#askManifest.bind(this),
    };
    return new RemoteAttachments(questions, repository, known, this.#isMirror);
  }

  async #askReferrers(
    repository: string,
    digest: Digest,
    { signal }: CallOptions,
  ): Promise<Descriptor[] | undefined> {
    const request = pull('GET', repository, `referrers/${digest}`, signal);
    const read = (json: unknown) => ReferrersIndex.parse(json).manifests ?? [];
    // Refused is what some registries have no API for: what is asked next then tells.
    return await readPages(this.#client, request, read, { absent: NO_API }).catch(unlessDenied);
  }

  async #askTags(repository: string, { signal }: CallOptions): Promise<ReadonlySet<string> | undefined> {
    const request = { ...pull('GET', repository, 'tags/list', signal), tries: 2 };
    const read = (json: unknown) => TagList.parse(json).tags ?? [];
    const asked = readPages(this.#client, request, read, { absent: NO_API, maxPages: WORTH_PAGES });
    const tags = await asked.catch((error: unknown) => {
      signal?.throwIfAborted();
      // Without a list each tag is asked for, and if the registry is away, that will tell.
      if (isSkerryError(error) && error.code.startsWith('REGISTRY_')) return undefined;
      throw error;
    });
    return tags && new Set(tags);
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
      sessions: this.#sessions,
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

  /** distribution-spec, "Deleting Manifests". Throws DELETE_UNSUPPORTED where the registry deletes nothing. */
  async deleteManifest(repository: string, digest: Digest, { signal }: CallOptions = {}): Promise<boolean> {
    return await this.#delete(repository, digest, signal);
  }

  /** distribution-spec, "Deleting tags": not every registry can. Throws DELETE_UNSUPPORTED. */
  async deleteTag(repository: string, tag: string, { signal }: CallOptions = {}): Promise<boolean> {
    return await this.#delete(repository, tag, signal);
  }

  async #delete(
    repository: string,
    reference: TagOrDigest,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const request: RegistryRequest = {
      method: 'DELETE',
      url: `${pathOf(repository)}/manifests/${checkReference(reference)}`,
      scopes: deleteScope(repository),
      signal,
    };
    const response = await this.#client.send(request);
    const { statusCode } = response;
    const isDone = statusCode === 202 || statusCode === 200 || statusCode === 204;
    if (isDone || statusCode === 404) return await response.body.dump().then(() => isDone);
    const failure = await this.#client.failure(request, response);
    // distribution-spec names 405 alone; of a tag, registries that take none but digests say 400.
    const isUnknown = [405, 501].includes(statusCode) || (statusCode === 400 && !isDigest(reference));
    if (!isUnknown) throw failure;
    const subject = `${this.name}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
    throw contentError('DELETE_UNSUPPORTED', { subject, detail: failure.detail, cause: failure });
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

// Nobody asked for it, but some proxies compress whatever is JSON. What is too large or no gzip fails with its digest.
function plainBytes(bytes: Buffer, encoding: string | string[] | undefined): Buffer {
  if (encoding !== 'gzip') return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_MANIFEST_BYTES });
  } catch {
    return bytes;
  }
}

function unlessDenied(error: unknown): undefined {
  if (!isSkerryError(error, 'REGISTRY_DENIED')) throw error;
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

function deleteScope(repository: string): string[] {
  return [`repository:${repository}:pull,delete`];
}

function pushScope(repository: string): string[] {
  return [`repository:${repository}:pull,push`];
}
