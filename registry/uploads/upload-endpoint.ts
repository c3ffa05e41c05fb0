import { createReadStream } from 'node:fs';
import { type Algorithm, algorithmOf, type Digest, digestOf, isDigest } from '../../content/digest.ts';
import type { WritableStore } from '../../content/store.ts';
import { canAdopt } from '../capability.ts';
import { sendEmpty } from '../protocol/answer/response.ts';
import { bodyLength } from '../protocol/body.ts';
import { mountBlob } from '../protocol/endpoints/mount.ts';
import {
  askerOf,
  type Exchange,
  headerOf,
  type Services,
  type Writing,
  writingOf,
} from '../protocol/exchange.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { formatUploadRange, parseContentRange } from '../protocol/range.ts';
import type { Upload } from './upload.ts';
import type { UploadFolder } from './upload-folder.ts';

export interface UploadWriting extends Writing {
  /** Where uploads are kept until they are whole. */
  readonly uploads: UploadFolder;
}

/** What these endpoints work with. */
export interface UploadServices extends Services {
  readonly writing: UploadWriting | undefined;
}

/** Where blobs come in (distribution-spec, "Pushing blobs"). */
export interface UploadRoute {
  readonly repository: string;
  readonly id: string;
}

/** POST: mounts a blob that is here already, takes a whole one at once, or opens an upload. */
export async function startUpload(
  exchange: Exchange,
  services: UploadServices,
  repository: string,
): Promise<void> {
  const { store, uploads, space } = writingOf(services);
  const { query } = exchange;
  const mount = query.get('mount');
  if (mount !== null && isDigest(mount) && (await mountBlob(exchange, services, store, repository, mount))) {
    return sendCreated(exchange, repository, mount);
  }
  const digest = query.has('digest') ? digestParameter(query) : undefined;
  const algorithm = digest === undefined ? algorithmParameter(query) : algorithmOf(digest);
  using _reservation = await space.reserve(0);
  const upload = await uploads.begin(repository);
  upload.expect(algorithm);
  if (digest === undefined || isLeftEmpty(exchange, digest))
    return sendState(exchange, 202, repository, upload);
  try {
    await upload.inTurn((signal) => finish(exchange, services, { repository, upload, digest, signal }));
  } catch (error) {
    // The client never learned of this upload, so it can't be resumed.
    await uploads.forget(upload);
    throw error;
  }
}

/** GET: how far an upload has come. */
export async function showUpload(
  exchange: Exchange,
  services: UploadServices,
  route: UploadRoute,
): Promise<void> {
  const { upload } = find(services, route);
  sendState(exchange, 204, route.repository, upload);
}

/** PATCH: the next chunk, or a stream of unknown length. */
export async function addToUpload(
  exchange: Exchange,
  services: UploadServices,
  route: UploadRoute,
): Promise<void> {
  const { upload } = find(services, route);
  await upload.inTurn(async (signal) => {
    await receive(exchange, services, { ...route, upload, signal });
    sendState(exchange, 202, route.repository, upload);
  });
}

/** PUT: closes an upload, with or without a last chunk. */
export async function finishUpload(
  exchange: Exchange,
  services: UploadServices,
  route: UploadRoute,
): Promise<void> {
  const { upload } = find(services, route);
  const digest = digestParameter(exchange.query);
  await upload.inTurn((signal) => finish(exchange, services, { ...route, upload, digest, signal }));
}

/** DELETE: forgets an upload. */
export async function cancelUpload(
  exchange: Exchange,
  services: UploadServices,
  route: UploadRoute,
): Promise<void> {
  const { upload, uploads } = find(services, route);
  await upload.inTurn(() => uploads.forget(upload));
  sendEmpty(exchange, 204);
}

interface Part {
  readonly repository: string;
  readonly upload: Upload;
  readonly signal: AbortSignal;
}

function find(services: UploadServices, { repository, id }: UploadRoute) {
  const { uploads } = writingOf(services);
  const upload = uploads.find(repository, id);
  if (upload === undefined) throw new ProtocolError('BLOB_UPLOAD_UNKNOWN');
  return { upload, uploads };
}

async function finish(
  exchange: Exchange,
  services: UploadServices,
  part: Part & { digest: Digest },
): Promise<void> {
  const { repository, upload, digest } = part;
  const { store, uploads } = writingOf(services);
  upload.expect(algorithmOf(digest));
  await receive(exchange, services, part);
  if (!(await upload.seal(digest))) {
    await uploads.forget(upload);
    throw new ProtocolError('DIGEST_INVALID', { detail: { digest } });
  }
  await keep(store, { repository, upload, digest, by: askerOf(exchange) });
  await uploads.forget(upload);
  await services.changes.record(exchange, { action: 'push-blob', repository, digest });
  sendCreated(exchange, repository, digest);
}

async function keep(
  store: WritableStore,
  { repository, upload, digest, by }: { repository: string; upload: Upload; digest: Digest; by: string },
): Promise<void> {
  if (canAdopt(store)) return await store.adoptBlob(repository, digest, upload.path, { by });
  const descriptor = { mediaType: 'application/octet-stream', digest, size: upload.size };
  const source = async (start: number) =>
    createReadStream(upload.path, { start, highWaterMark: 1024 * 1024 });
  await store.writeBlob(repository, descriptor, source, { by });
}

async function receive(
  exchange: Exchange,
  services: UploadServices,
  { repository, upload, signal }: Part,
): Promise<void> {
  const { limits } = services;
  const length = bodyLength(exchange);
  const start = upload.size;
  const range = chunkRange(exchange, repository, upload, length);
  if (length === 0) return;
  if (start + (length ?? 0) > limits.blobBytes) {
    throw new ProtocolError('SIZE_INVALID', {
      status: 413,
      message: `a blob may have at most ${limits.blobBytes} bytes`,
    });
  }
  const { space } = writingOf(services);
  using reservation = await space.reserve(length);
  exchange.wantBody();
  const options = {
    limit: limits.blobBytes,
    length,
    onWaiting: (waiting: boolean) => {
      exchange.awaitingBody = waiting;
    },
    onWritten: (bytes: number) => reservation.wrote(bytes),
  };
  const either = AbortSignal.any([signal, reservation.signal]);
  const whole = await upload.append(exchange.request, either, options).catch((error: unknown) => {
    throw reservation.signal.aborted && !signal.aborted ? space.stopped() : error;
  });
  if (!whole) throw new ProtocolError('BLOB_UPLOAD_INVALID', { message: 'the connection broke off' });
  if (range !== undefined && upload.size !== range.last + 1) {
    await upload.cutTo(start);
    throw new ProtocolError('SIZE_INVALID', {
      message: 'the chunk does not have the length that Content-Range says',
    });
  }
}

// "If a chunk is uploaded out of order, the registry MUST respond with a 416"; so do we to one that can't be read.
function chunkRange(exchange: Exchange, repository: string, upload: Upload, length: number | undefined) {
  const header = headerOf(exchange, 'content-range');
  if (header === undefined) return undefined;
  const range = parseContentRange(header);
  if (range === undefined || range.first !== upload.size) {
    throw new ProtocolError('BLOB_UPLOAD_INVALID', {
      status: 416,
      message: 'the chunk does not begin where the upload ends',
      headers: stateOf(repository, upload),
    });
  }
  if (length !== undefined && range.last - range.first + 1 !== length)
    throw new ProtocolError('SIZE_INVALID');
  return range;
}

// POST ?digest= with nothing in it opens an upload, unless nothing is the blob.
function isLeftEmpty(exchange: Exchange, digest: Digest): boolean {
  return bodyLength(exchange) === 0 && digest !== digestOf('', algorithmOf(digest));
}

function digestParameter(query: URLSearchParams): Digest {
  const digest = query.get('digest') ?? '';
  if (isDigest(digest)) return digest;
  throw new ProtocolError('DIGEST_INVALID', {
    message: 'the parameter digest is missing or not a sha256 or sha512 digest',
  });
}

function algorithmParameter(query: URLSearchParams): Algorithm | undefined {
  const algorithm = query.get('digest-algorithm') ?? undefined;
  if (algorithm === undefined || algorithm === 'sha256' || algorithm === 'sha512') return algorithm;
  throw new ProtocolError('DIGEST_INVALID', { message: 'the digest algorithms are sha256 and sha512' });
}

function sendState(exchange: Exchange, status: number, repository: string, upload: Upload): void {
  sendEmpty(exchange, status, stateOf(repository, upload));
}

function stateOf(repository: string, { id, size }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: formatUploadRange(size),
    'docker-upload-uuid': id,
  };
}

function sendCreated(exchange: Exchange, repository: string, digest: Digest): void {
  sendEmpty(exchange, 201, {
    location: `/v2/${repository}/blobs/${digest}`,
    'docker-content-digest': digest,
  });
}
