import { z } from 'zod';
import { type Descriptor, DescriptorSchema } from '../descriptor.ts';
import { algorithmOf, checkDigest, type Digest, digestOf, hexOf, isDigest } from '../digest.ts';
import { contentError } from '../errors.ts';
import { MAX_MANIFEST_BYTES, mediaTypeOfManifest } from '../manifest.ts';
import { ACCEPT_MANIFESTS } from '../media-type.ts';
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
import {
  isNetworkError,
  RegistryClient,
  type RegistryRequest,
  type RemoteOptions,
  readLimited,
} from './client.ts';
import { retry, TryAgain } from './retry.ts';
import { uploadBlob } from './upload.ts';

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const Catalog = z.looseObject({ repositories: z.array(z.string()).nullish() });
const ReferrersIndex = z.looseObject({ manifests: z.array(DescriptorSchema) });
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 10_000;

/**
 * Opens a registry by address: `host[:port]`, or with `http://` or `https://` before it. Without a scheme it is HTTPS,
 * but plain HTTP for this machine itself, as container tools do. Nothing is sent until it is used.
 */
export function openRemote(address: string, options: RemoteOptions = {}): RemoteStore {
  return new RemoteStore(originOf(address), options);
}

/** Any registry over HTTP (distribution-spec 1.1). */
export class RemoteStore implements WritableStore {
  readonly name: string;
  readonly #client: RegistryClient;

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
    await response.body.dump();
    if (response.statusCode === 404) return undefined;
    if (response.statusCode !== 200) throw await this.#client.failure(request, response);
    return Number(response.headers['content-length'] ?? 0);
  }

  async readBlob(
    repository: string,
    digest: Digest,
    options: ReadOptions = {},
  ): Promise<BlobReader | undefined> {
    const { offset = 0, length, signal } = options;
    const request = pull('GET', repository, `blobs/${digest}`, signal);
    const whole = offset === 0 && length === undefined;
    const response = await this.#client.send(whole ? request : withRange(request, offset, length));
    if (response.statusCode === 404) return await gone(response.body);
    if (response.statusCode !== (whole ? 200 : 206)) throw await this.#client.failure(request, response);
    const size = whole
      ? Number(response.headers['content-length'])
      : sizeFromRange(response.headers['content-range']);
    const end = length === undefined ? size : Math.min(size, offset + length);
    return { size, stream: this.#resuming(request, response.body, offset, end) };
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    { signal }: CallOptions = {},
  ): Promise<Manifest | undefined> {
    const request = {
      ...pull('GET', repository, `manifests/${reference}`, signal),
      headers: { accept: ACCEPT_MANIFESTS },
    };
    const response = await this.#client.send(request);
    if (response.statusCode === 404) return await gone(response.body);
    if (response.statusCode !== 200) throw await this.#client.failure(request, response);
    const bytes = await readLimited(response.body, MAX_MANIFEST_BYTES);
    const subject = `${this.name}/${repository}:${reference}`;
    const stated = isDigest(reference) ? reference : String(response.headers['docker-content-digest'] ?? '');
    if (isDigest(stated)) checkDigest(stated, bytes, subject);
    const type = String(response.headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim();
    const mediaType =
      ACCEPT_MANIFESTS.includes(type || '?') && type ? type : mediaTypeOfManifest(bytes, subject);
    return { digest: isDigest(stated) ? stated : digestOf(bytes), bytes, mediaType };
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    const url = `/v2/${repository}/tags/list`;
    return await this.#list(url, pullScope(repository), options, (json) => TagList.parse(json).tags ?? []);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return await this.#list(
      '/v2/_catalog',
      ['registry:catalog:*'],
      options,
      (json) => Catalog.parse(json).repositories ?? [],
    );
  }

  async listReferrers(
    repository: string,
    digest: Digest,
    { signal }: CallOptions = {},
  ): Promise<Descriptor[]> {
    const request = pull('GET', repository, `referrers/${digest}`, signal);
    const response = await this.#client.send(request);
    if (response.statusCode === 200) {
      const bytes = await readLimited(response.body, MAX_LIST_BYTES);
      return parseList(bytes, request.url, (json) => ReferrersIndex.parse(json).manifests);
    }
    await response.body.dump();
    // distribution-spec, "Referrers Tag Schema": registries without the API keep the list under a tag. Odd ones answer
    // what they don't know with 400, 401 or 405 instead of 404; a missing tag then says that there are none.
    const fallback = await this.readManifest(repository, `${algorithmOf(digest)}-${hexOf(digest)}`, {
      signal,
    });
    if (fallback === undefined) return [];
    return parseList(
      fallback.bytes,
      request.url,
      (json) => ReferrersIndex.safeParse(json).data?.manifests ?? [],
    );
  }

  async writeBlob(
    repository: string,
    descriptor: Descriptor,
    source: BlobSource,
    { signal }: CallOptions = {},
  ): Promise<void> {
    await uploadBlob({
      client: this.#client,
      path: `/v2/${repository}`,
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
    const url = `/v2/${repository}/blobs/uploads/?mount=${descriptor.digest}&from=${encodeURIComponent(from)}`;
    const scopes = [...pushScope(repository), ...pullScope(from)];
    const response = await this.#client.send({
      method: 'POST',
      url,
      headers: { 'content-length': '0' },
      scopes,
      signal,
    });
    await response.body.dump();
    if (response.statusCode === 202) await this.#cancel(response.headers.location, scopes, signal);
    return response.statusCode === 201;
  }

  async writeManifest(
    repository: string,
    reference: TagOrDigest,
    manifest: Manifest,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const request: RegistryRequest = {
      method: 'PUT',
      url: `/v2/${repository}/manifests/${reference}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      scopes: pushScope(repository),
      signal,
    };
    const response = await this.#client.send(request);
    if (response.statusCode !== 201) throw await this.#client.failure(request, response);
    await response.body.dump();
    const stated = response.headers['docker-content-digest'];
    if (
      typeof stated === 'string' &&
      isDigest(stated) &&
      stated !== manifest.digest &&
      algorithmOf(stated) === algorithmOf(manifest.digest)
    ) {
      throw contentError('DIGEST_MISMATCH', {
        subject: request.url,
        detail: `sent ${manifest.digest}, kept ${stated}`,
      });
    }
  }

  /** Ends idle connections. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  // A body that breaks off is asked for again from where it broke.
  async *#resuming(
    request: RegistryRequest,
    first: AsyncIterable<Uint8Array>,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array> {
    let position = start;
    let body: AsyncIterable<Uint8Array> | undefined = first;
    for (let broken = 0; position < end || body === first; ) {
      body ??= await this.#reopen(request, position, end);
      try {
        for await (const chunk of body) {
          yield chunk;
          position += chunk.byteLength;
        }
        if (position >= end) return;
        throw contentError('SIZE_MISMATCH', { subject: request.url, detail: `${position} of ${end} bytes` });
      } catch (error) {
        request.signal?.throwIfAborted();
        if (++broken >= this.#client.retryPolicy.tries)
          throw isNetworkError(error) ? this.#client.unreachable(request, error) : error;
        if (!isNetworkError(error)) throw error;
        body = undefined;
      }
    }
  }

  async #reopen(request: RegistryRequest, position: number, end: number): Promise<AsyncIterable<Uint8Array>> {
    const ranged = withRange(request, position, end - position);
    const response = await this.#client.send(ranged);
    if (response.statusCode === 206) return response.body;
    throw await this.#client.failure(ranged, response);
  }

  async #list(
    url: string,
    scopes: string[],
    options: PageOptions,
    read: (json: unknown) => string[],
  ): Promise<string[]> {
    const { limit, after, signal } = options;
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { n: String(limit) }),
      ...(after === undefined ? {} : { last: after }),
    });
    const names: string[] = [];
    let next: string | undefined = query.size > 0 ? `${url}?${query}` : url;
    for (let count = 0; next !== undefined && count < MAX_PAGES; count++) {
      const request: RegistryRequest = { method: 'GET', url: next, scopes, signal };
      const response = await this.#client.send(request);
      if (response.statusCode === 404) return (await gone(response.body)) ?? [];
      if (response.statusCode !== 200) throw await this.#client.failure(request, response);
      names.push(...parseList(await readLimited(response.body, MAX_LIST_BYTES), next, read));
      if (limit !== undefined && names.length >= limit) return names.slice(0, limit);
      next = nextPage(response.headers.link, next, this.#client.origin);
    }
    return names;
  }

  async #cancel(location: unknown, scopes: string[], signal: AbortSignal | undefined): Promise<void> {
    if (typeof location !== 'string') return;
    const response = await this.#client
      .send({ method: 'DELETE', url: location, scopes, signal })
      .catch(() => undefined);
    await response?.body.dump();
  }
}

/** Checks that a registry answers, retried: what a plan asks before it relies on it. Throws REGISTRY_UNREACHABLE. */
export async function waitForRegistry(
  address: string,
  options: RemoteOptions & CallOptions = {},
): Promise<void> {
  const client = new RegistryClient(originOf(address), options);
  await retry(client.retryPolicy, options.signal, async () => {
    const request: RegistryRequest = { method: 'GET', url: '/v2/', scopes: [], signal: options.signal };
    const response = await client.sendOnce(request).catch((error: unknown) => {
      throw new TryAgain(client.unreachable(request, error));
    });
    await response.body.dump();
  });
  await client.close();
}

function originOf(address: string): string {
  const withScheme = /^https?:\/\//.test(address)
    ? address
    : `${isThisMachine(address) ? 'http' : 'https'}://${address}`;
  const url = URL.parse(withScheme);
  if (url === null || url.pathname !== '/' || url.username !== '' || url.search !== '') {
    throw contentError('REFERENCE_INVALID', {
      subject: address,
      remedy: 'Give a registry as HOST[:PORT], e.g. registry.example:5000.',
    });
  }
  // Docker Hub's API has another name than its images.
  return url.host === 'docker.io' ? 'https://registry-1.docker.io' : url.origin;
}

function isThisMachine(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(address);
}

function pull(
  method: 'GET' | 'HEAD',
  repository: string,
  rest: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return { method, url: `/v2/${repository}/${rest}`, scopes: pullScope(repository), signal };
}

function pullScope(repository: string): string[] {
  return [`repository:${repository}:pull`];
}

function pushScope(repository: string): string[] {
  return [`repository:${repository}:pull,push`];
}

function withRange(request: RegistryRequest, offset: number, length: number | undefined): RegistryRequest {
  const last = length === undefined ? '' : offset + length - 1;
  return { ...request, headers: { ...request.headers, range: `bytes=${offset}-${last}` } };
}

function sizeFromRange(header: string | string[] | undefined): number {
  return Number(/\/(\d+)$/.exec(String(header))?.[1] ?? Number.NaN);
}

async function gone(body: { dump(): Promise<void> }): Promise<undefined> {
  await body.dump();
  return undefined;
}

function parseList<T>(bytes: Uint8Array, subject: string, read: (json: unknown) => T): T {
  try {
    return read(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw contentError('REGISTRY_ERROR', {
      subject,
      detail: 'not the JSON that the specification asks for',
      cause,
    });
  }
}

// RFC 8288: <url>; rel="next". A next page on another host is not followed.
function nextPage(
  header: string | string[] | undefined,
  current: string,
  origin: string,
): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec([header].flat().join(', '))?.[1];
  if (target === undefined) return undefined;
  const url = new URL(target, new URL(current, origin));
  return url.origin === new URL(origin).origin ? url.pathname + url.search : undefined;
}
