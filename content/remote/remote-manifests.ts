import { gunzipSync } from 'node:zlib';
import type { Descriptor } from '../descriptor.ts';
import { algorithmOf, checkDigest, digestOf, isDigest } from '../digest.ts';
import { contentError } from '../errors.ts';
import { descriptorOf, MAX_MANIFEST_BYTES, mediaTypeOfManifest } from '../manifest.ts';
import { ACCEPT_MANIFESTS, isManifestType } from '../media-type.ts';
import type { CallOptions, Manifest, TagOrDigest } from '../store.ts';
import type { RegistryClient, RegistryRequest, RegistryResponse } from './client.ts';
import { checkReference, deleteScope, pathOf, pull, pushScope } from './repository-request.ts';

/** What is answered to HEAD where GET alone is known. */
const HEAD_REFUSED = [400, 405, 501];

/** The manifests of a registry. */
export class RemoteManifests {
  readonly #client: RegistryClient;
  readonly #name: string;
  /** It has answered a HEAD of a manifest in a way that can't be used. */
  #headsFail = false;

  constructor(client: RegistryClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** One HEAD; of a registry that answers it badly, GET from then on. */
  async resolve(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions = {},
  ): Promise<Descriptor | undefined> {
    const answer = this.#headsFail ? 'ask again' : await this.#head(repository, reference, options);
    if (answer !== 'ask again') return answer;
    const manifest = await this.read(repository, reference, options);
    if (manifest === undefined) return undefined;
    this.#headsFail = true;
    return descriptorOf(manifest);
  }

  // distribution-spec, "Pulling manifests": HEAD should say what GET says. Not every registry, nor every proxy, lets it.
  async #head(
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

  async read(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions = {},
  ): Promise<Manifest | undefined> {
    return await this.ask(repository, reference, { ...options, once: false });
  }

  /** `once`: it has failed before and is not tried again and again. */
  async ask(
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
    const subject = `${this.#name}/${repository}:${reference}`;
    const stated = isDigest(reference) ? reference : String(response.headers['docker-content-digest'] ?? '');
    if (isDigest(stated)) checkDigest(stated, bytes, subject);
    const said = String(response.headers['content-type']).split(';')[0]?.trim() ?? '';
    const mediaType = mediaTypeOfManifest(bytes, subject, isManifestType(said) ? said : undefined);
    return { digest: isDigest(stated) ? stated : digestOf(bytes), bytes, mediaType };
  }

  /** Throws DIGEST_MISMATCH where the registry kept something else. */
  async put(
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

  /** Whether there was one. Throws DELETE_UNSUPPORTED. */
  async delete(
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
    const subject = `${this.#name}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
    throw contentError('DELETE_UNSUPPORTED', { subject, detail: failure.detail, cause: failure });
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
