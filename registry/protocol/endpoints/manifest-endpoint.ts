import { algorithmOf, checkDigest, type Digest, digestOf, isDigest } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { KeyedMutex } from '../../../content/keyed-mutex.ts';
import { TAG_GRAMMAR } from '../../../content/reference.ts';
import type { Manifest, Store, WritableStore } from '../../../content/store.ts';
import { canFindManifest, canPin } from '../../capability.ts';
import { type Headers, IMMUTABLE, SMALL_ANSWER, sendEmpty, sendPlaced } from '../answer/response.ts';
import { bodyLength, readBody } from '../body.ts';
import { etagOf, isNotModified, mayReplace } from '../conditional.ts';
import { deletingOf } from '../deleting.ts';
import { askerOf, callOf, type Exchange, headerOf, type Services, writingOf } from '../exchange.ts';
import { sayNamespace } from '../namespace.ts';
import { ProtocolError } from '../protocol-error.ts';
import { warningOf } from '../warning.ts';
import { checkPushedManifest, digestsOf, readPushedManifest } from './pushed-manifest.ts';

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
  using place = await find(exchange, services, route);
  const { manifest } = place;
  const headers = headersOf(manifest, route.reference);
  if (isNotModified(headerOf(exchange, 'if-none-match'), manifest.digest))
    return sendEmpty(exchange, 304, headers);
  await sendPlaced(exchange, 200, { bytes: manifest.bytes, gotOn: place.gotOn }, headers);
}

/** PUT, under a tag, a digest, or a digest with tags as parameters (distribution-spec, "Pushing Manifests"). */
export async function putManifest(
  exchange: Exchange,
  services: Services,
  { repository, reference }: { repository: string; reference: string },
): Promise<void> {
  const { store, space, manifestMemory } = writingOf(services);
  const tags = tagParameters(exchange.query, reference);
  using _reservation = await space.reserve(bodyLength(exchange));
  using memory = manifestMemory.share();
  const bytes = await readBody(exchange, services.limits.manifestBytes, memory);
  const digest = digestOf(bytes, isDigest(reference) ? algorithmOf(reference) : 'sha256');
  if (isDigest(reference) && reference !== digest)
    throw new ProtocolError('DIGEST_INVALID', { detail: { digest: reference } });
  const pushed = readPushedManifest(exchange, { repository, digest, bytes });
  const { manifest, content } = pushed;
  const references = isDigest(reference) ? [reference, ...tags] : [reference];
  // What was there when it was looked for has to be there when the manifest is acknowledged.
  const missing = await whilePinned(store, digestsOf(pushed), async () => {
    const absent = await checkPushedManifest(exchange, services, pushed);
    await write(exchange, services, store, { repository, references, manifest });
    return absent;
  });
  const named = references.filter((each) => !isDigest(each));
  await services.changes.record(exchange, { action: 'push-manifest', repository, digest, tags: named });
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
  await tagLocks.run(`${repository}:${reference}`, async () => {
    await checkConditions(exchange, store, { repository, reference });
    if (isDigest(reference)) {
      if (!(await deleting.deleteManifest(repository, reference, { signal }))) throw unknown(reference);
      const change = { action: 'delete-manifest', repository, digest: reference } as const;
      return await services.changes.record(exchange, change);
    }
    // For the audit log alone: also a corrupt manifest can be deleted.
    const held = await store.readManifest(repository, reference, { signal }).catch(() => undefined);
    if (!(await deleting.deleteTag(repository, reference, { signal }))) throw unknown(reference);
    const change = { action: 'delete-tag', repository, digest: held?.digest, tags: [reference] } as const;
    await services.changes.record(exchange, change);
  });
  sendEmpty(exchange, 202);
}

async function whilePinned<T>(store: Store, digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
  return canPin(store) ? await store.pinDuring(digests, work) : await work();
}

interface PlacedManifest extends Disposable {
  readonly manifest: Manifest;
  readonly gotOn: () => void;
}

// With room for its bytes before they are read: many may ask for large ones at once.
async function find(
  exchange: Exchange,
  { store, limits, answers }: Services,
  { repository, repositories, reference }: ManifestRoute,
): Promise<PlacedManifest> {
  for (const name of repositories) {
    const found = await look(exchange, store, name, reference);
    if (found === undefined) continue;
    const bytes = found.size ?? limits.manifestBytes;
    const load = async () => (await found.read())?.bytes;
    const place =
      bytes <= SMALL_ANSWER
        ? { bytes: await load(), gotOn: () => {}, [Symbol.dispose]: () => {} }
        : await answers.load(exchange, { key: found.key, bytes }, load);
    const manifest = place.bytes && found.manifest(place.bytes);
    if (manifest === undefined) {
      place[Symbol.dispose]();
      continue;
    }
    sayNamespace(exchange, name, repository);
    return { manifest, gotOn: place.gotOn, [Symbol.dispose]: place[Symbol.dispose] };
  }
  throw unknown(reference);
}

interface Look {
  /** The same for all requests that find the same. */
  readonly key: unknown;
  readonly size: number | undefined;
  readonly read: () => Promise<Manifest | undefined>;
  /** Of the bytes that were read, by this one or another. */
  readonly manifest: (bytes: Uint8Array) => Manifest | undefined;
}

async function look(
  exchange: Exchange,
  store: Store,
  name: string,
  reference: string,
): Promise<Look | undefined> {
  const options = callOf(exchange);
  if (canFindManifest(store)) {
    const found = await store.findAndPinManifest(name, reference, options);
    if (found === undefined) return undefined;
    const { digest, mediaType, size } = found;
    const read = async () => sound(await store.readFoundManifest(found), name);
    return { key: digest, size, read, manifest: (bytes) => ({ digest, mediaType, bytes }) };
  }
  let last: Manifest | undefined;
  const read = async () => {
    last = sound(await store.readManifest(name, reference, options), name);
    return last;
  };
  return { key: exchange, size: undefined, read, manifest: () => last };
}

// Nothing corrupt leaves the registry, whatever the store did or did not check.
function sound(manifest: Manifest | undefined, name: string): Manifest | undefined {
  if (manifest !== undefined) checkDigest(manifest.digest, manifest.bytes, `${name}@${manifest.digest}`);
  return manifest;
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
  await runUnderAll(tagLocks, keys, async () => {
    // Before anything is written: a request whose conditions do not hold changes nothing (RFC 9110, section 13.2.1).
    for (const reference of tags.length === 0 ? references : tags)
      await checkConditions(exchange, store, { repository, reference });
    for (const reference of references)
      await store
        .writeManifest(repository, reference, manifest, { by: askerOf(exchange) })
        .catch(explainWrite);
  });
}

// Always in the same order, so that no two wait for each other.
async function runUnderAll(
  locks: KeyedMutex,
  keys: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const [first, ...rest] = [...new Set(keys)].sort();
  if (first === undefined) return await work();
  await locks.run(first, () => runUnderAll(locks, rest, work));
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

// Such an image can't be pulled whole. Some are pushed on purpose; the others deserve a warning.
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
