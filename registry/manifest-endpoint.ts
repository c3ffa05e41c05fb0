import { algorithmOf, checkDigest, type Digest, digestOf, isDigest } from '../content/digest.ts';
import { isSkerryError } from '../content/error.ts';
import { TAG_GRAMMAR } from '../content/reference.ts';
import type { Manifest, Store, WritableStore } from '../content/store.ts';
import { recordChange } from './audit/audit-change.ts';
import { bodyLength, readBody } from './body.ts';
import { canHold, deletingOf } from './capability.ts';
import { etagOf, isNotModified, mayReplace } from './conditional.ts';
import { askerOf, type Exchange, headerOf, type Services, writingOf } from './exchange.ts';
import { sayNamespace } from './namespace.ts';
import { ProtocolError } from './protocol-error.ts';
import { checkPushedManifest, digestsOf, readPushedManifest } from './pushed-manifest.ts';
import { type Headers, IMMUTABLE, sendBytes, sendEmpty } from './response.ts';
import { warningOf } from './warning.ts';

export interface ManifestRoute {
  /** What the client asked for. */
  readonly repository: string;
  /** Where to look, in this order. */
  readonly repositories: readonly string[];
  readonly reference: string;
}

/** GET and HEAD, by tag or digest (distribution-spec, "Pulling manifests"). */
export async function getManifest(
  exchange: Exchange,
  services: Services,
  route: ManifestRoute,
): Promise<void> {
  const manifest = await find(exchange, services.store, route);
  const headers = headersOf(manifest, route.reference);
  if (isNotModified(headerOf(exchange, 'if-none-match'), manifest.digest))
    return sendEmpty(exchange, 304, headers);
  sendBytes(exchange, 200, manifest.bytes, headers);
}

/** PUT, under a tag, a digest, or a digest with tags as parameters (distribution-spec, "Pushing Manifests"). */
export async function putManifest(
  exchange: Exchange,
  services: Services,
  { repository, reference }: { repository: string; reference: string },
): Promise<void> {
  const { store, room, manifestMemory } = writingOf(services);
  const tags = tagParameters(exchange.query, reference);
  using _room = await room.book(bodyLength(exchange));
  using memory = manifestMemory.share();
  const bytes = await readBody(exchange, services.limits.manifestBytes, memory);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  if (isDigest(reference) && reference !== digest)
    throw new ProtocolError('DIGEST_INVALID', { detail: { digest: reference } });
  const pushed = readPushedManifest(exchange, { repository, digest, bytes });
  const { manifest, content } = pushed;
  const references = isDigest(reference) ? [reference, ...tags] : [reference];
  // What was there when it was looked for has to be there when the manifest is acknowledged.
  const missing = await whileHeld(store, digestsOf(pushed), async () => {
    const absent = await checkPushedManifest(exchange, services, pushed);
    await write(exchange, services, store, { repository, references, manifest });
    return absent;
  });
  const named = references.filter((each) => !isDigest(each));
  await recordChange(exchange, services, { action: 'push-manifest', repository, digest, tags: named });
  sendEmpty(exchange, 201, {
    location: `/v2/${repository}/manifests/${isDigest(reference) ? digest : reference}`,
    'docker-content-digest': digest,
    etag: etagOf(digest),
    ...(content.subject === undefined ? {} : { 'oci-subject': content.subject.digest }),
    ...(tags.length === 0 ? {} : { 'oci-tag': tags }),
    ...warningOf(exchange, sparse(missing)),
  });
}

/** DELETE of a tag, or of a manifest with all its tags. */
export async function deleteManifest(
  exchange: Exchange,
  services: Services,
  { repository, reference }: { repository: string; reference: string },
): Promise<void> {
  const { store, tagLocks } = services;
  const deleting = deletingOf(store);
  const { signal } = exchange;
  await tagLocks.hold(`${repository}:${reference}`, async () => {
    await checkConditions(exchange, store, { repository, reference });
    if (isDigest(reference)) {
      if (!(await deleting.deleteManifest(repository, reference, { signal }))) throw unknown(reference);
      const change = { action: 'delete-manifest', repository, digest: reference } as const;
      return await recordChange(exchange, services, change);
    }
    // For the audit log alone: also what is rotten can be deleted.
    const held = await store.readManifest(repository, reference, { signal }).catch(() => undefined);
    if (!(await deleting.deleteTag(repository, reference, { signal }))) throw unknown(reference);
    const change = { action: 'delete-tag', repository, digest: held?.digest, tags: [reference] } as const;
    await recordChange(exchange, services, change);
  });
  sendEmpty(exchange, 202);
}

async function whileHeld<T>(store: Store, digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
  return canHold(store) ? await store.holdDuring(digests, work) : await work();
}

async function find(
  exchange: Exchange,
  store: Store,
  { repository, repositories, reference }: ManifestRoute,
): Promise<Manifest> {
  const read: Store['readManifest'] = canHold(store)
    ? (...asked) => store.readManifestToKeep(...asked)
    : (...asked) => store.readManifest(...asked);
  for (const name of repositories) {
    const manifest = await read(name, reference, { signal: exchange.signal, by: askerOf(exchange) });
    if (manifest === undefined) continue;
    // Nothing rotten leaves the registry, whatever the store did or did not check.
    checkDigest(manifest.digest, manifest.bytes, `${name}@${manifest.digest}`);
    sayNamespace(exchange, name, repository);
    return manifest;
  }
  throw unknown(reference);
}

async function write(
  exchange: Exchange,
  { tagLocks }: Services,
  store: WritableStore,
  {
    repository,
    references,
    manifest,
  }: { repository: string; references: readonly string[]; manifest: Manifest },
): Promise<void> {
  const tags = references.filter((each) => !isDigest(each));
  const keys = references.map((each) => `${repository}:${each}`);
  await tagLocks.holdAll(keys, async () => {
    // Before anything is written: a request whose conditions do not hold changes nothing (RFC 9110, section 13.2.1).
    for (const reference of tags.length === 0 ? references : tags)
      await checkConditions(exchange, store, { repository, reference });
    for (const reference of references)
      await store
        .writeManifest(repository, reference, manifest, { by: askerOf(exchange) })
        .catch(explainWrite);
  });
}

// If-Match and If-None-Match (RFC 9110, section 13), for clients that change a tag which others change as well.
async function checkConditions(
  exchange: Exchange,
  store: Store,
  { repository, reference }: { repository: string; reference: string },
): Promise<void> {
  const ifMatch = headerOf(exchange, 'if-match');
  const ifNoneMatch = headerOf(exchange, 'if-none-match');
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const held = await store.readManifest(repository, reference);
  if (mayReplace({ ifMatch, ifNoneMatch }, held?.digest)) return;
  throw new ProtocolError('DENIED', { status: 412, message: 'the tag holds something else by now' });
}

function explainWrite(error: unknown): never {
  if (isSkerryError(error, 'DIGEST_MISMATCH')) throw new ProtocolError('DIGEST_INVALID', { cause: error });
  throw error;
}

// A tag may be given to what is pushed by digest: `?tag=one&tag=two`, answered with OCI-Tag.
function tagParameters(query: URLSearchParams, reference: string): string[] {
  const tags = query.getAll('tag');
  if (tags.length === 0 || !isDigest(reference)) return [];
  const bad = tags.find((tag) => !TAG_GRAMMAR.test(tag));
  if (bad !== undefined)
    throw new ProtocolError('MANIFEST_INVALID', { message: 'not a tag', detail: { tag: bad.slice(0, 128) } });
  const unique = [...new Set(tags)];
  if (unique.length <= MAX_TAGS) return unique;
  throw new ProtocolError('UNSUPPORTED', { status: 414, message: `at most ${MAX_TAGS} tags at once` });
}

// Such an image can't be pulled whole. Some are pushed on purpose; of the others somebody should hear.
function sparse([first, ...more]: readonly Digest[]): string | undefined {
  if (first === undefined) return undefined;
  return `The repository does not hold ${first}${more.length === 0 ? '' : ` and ${more.length} more`} of this image.`;
}

const MAX_TAGS = 64;

function headersOf({ digest, mediaType }: Manifest, reference: string | Digest): Headers {
  return {
    'content-type': mediaType,
    'docker-content-digest': digest,
    etag: etagOf(digest),
    // A tag may move at any time: a cache has to ask.
    'cache-control': isDigest(reference) ? IMMUTABLE : 'no-cache',
  };
}

function unknown(reference: string): ProtocolError {
  return new ProtocolError('MANIFEST_UNKNOWN', { detail: { reference } });
}
