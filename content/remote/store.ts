import type { Attachments } from '../copy/attachments.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { parseManifest } from '../manifest.ts';
import { referrerDescriptor } from '../referrers.ts';
import type { StorageReport } from '../storage-report.ts';
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
import { type AttachmentQuestions, RemoteAttachments } from './attachments.ts';
import { readRemoteBlob } from './blob.ts';
import { RegistryClient, type RemoteOptions } from './client.ts';
import { ReferrersTags } from './referrers-tag.ts';
import { RemoteLists } from './remote-lists.ts';
import { RemoteManifests } from './remote-manifests.ts';
import { pathOf, pull, pullScope, pushScope } from './repository-request.ts';
import { readStorage } from './storage.ts';
import { uploadBlob } from './upload.ts';
import { cancelSession } from './upload-session.ts';
import type { UploadSessions } from './upload-sessions.ts';

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
  readonly #manifests: RemoteManifests;
  readonly #lists: RemoteLists;
  readonly #tagged = new ReferrersTags(this);

  constructor(origin: string, options: RemoteOptions) {
    this.name = `registry ${new URL(origin).host}`;
    this.#isMirror = options.isMirror ?? false;
    this.#sessions = options.sessions;
    this.#client = new RegistryClient(origin, options);
    this.#manifests = new RemoteManifests(this.#client, this.name);
    this.#lists = new RemoteLists(this.#client);
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
    return await this.#manifests.resolve(repository, reference, options);
  }

  async readManifest(
    repository: string,
    reference: TagOrDigest,
    options: CallOptions = {},
  ): Promise<Manifest | undefined> {
    return await this.#manifests.read(repository, reference, options);
  }

  async listTags(repository: string, options: PageOptions = {}): Promise<string[]> {
    return await this.#lists.tags(repository, options);
  }

  async listRepositories(options: PageOptions = {}): Promise<string[]> {
    return await this.#lists.repositories(options);
  }

  async listReferrers(repository: string, digest: Digest, options: CallOptions = {}): Promise<Descriptor[]> {
    const listed = await this.#lists.referrers(repository, digest, options);
    return listed ?? (await this.#tagged.list(repository, digest, options));
  }

  attachments(repository: string, known: readonly string[]): Attachments {
    const questions: AttachmentQuestions = {
      askReferrers: (...asked) => this.#lists.referrers(...asked),
      askTags: (...asked) => this.#lists.allTags(...asked),
      askManifest: (...asked) => this.#manifests.ask(...asked),
    };
    return new RemoteAttachments(questions, repository, known, this.#isMirror);
  }

  /** How full the registry is; undefined where it is not one of Skerry's. Throws REGISTRY_*. */
  async readStorage(options: CallOptions = {}): Promise<StorageReport | undefined> {
    return await readStorage(this.#client, options);
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
    const response = await this.#manifests.put(repository, reference, manifest, options);
    // A registry that lists referrers itself says so with this header.
    if (content.subject === undefined || response.headers['oci-subject'] !== undefined) return;
    const referrer = referrerDescriptor(manifest, content);
    await this.#tagged.add(repository, content.subject.digest, referrer, options);
  }

  /** distribution-spec, "Deleting Manifests". Throws DELETE_UNSUPPORTED where the registry deletes nothing. */
  async deleteManifest(repository: string, digest: Digest, { signal }: CallOptions = {}): Promise<boolean> {
    return await this.#manifests.delete(repository, digest, signal);
  }

  /** distribution-spec, "Deleting tags": not every registry can. Throws DELETE_UNSUPPORTED. */
  async deleteTag(repository: string, tag: string, { signal }: CallOptions = {}): Promise<boolean> {
    return await this.#manifests.delete(repository, tag, signal);
  }

  /** Ends idle connections. */
  async close(): Promise<void> {
    await this.#client.close();
  }
}
