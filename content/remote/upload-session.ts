import type { Descriptor } from '../descriptor.ts';
import { contentError } from '../errors.ts';
import type { BlobSource } from '../store.ts';
import type { RegistryClient, RegistryRequest, RegistryResponse } from './client.ts';
import { TryAgain } from './retry.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** A blob on its way to a repository. */
export interface Upload {
  readonly client: RegistryClient;
  /** Path of the repository, e.g. `/v2/team/app`. */
  readonly path: string;
  readonly scopes: readonly string[];
  readonly descriptor: Descriptor;
  readonly source: BlobSource;
  /** Where sessions are remembered for another run; not at all when absent. */
  readonly sessions?: UploadSessions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Answers to a PATCH after which a look at the session tells how to go on: it is gone, or elsewhere, or we must log in again. */
export const ASK_FIRST = [401, 404, 416];
/** A registry may hash or move the whole blob before it answers the last request. */
const COMMIT_WITHIN_MS = 10 * 60_000;

/** Opens a session (distribution-spec, "Pushing blobs"); returns its address. */
export async function openSession({ client, path, scopes, signal }: Upload): Promise<string> {
  const request: RegistryRequest = {
    method: 'POST',
    url: `${path}/blobs/uploads/`,
    headers: { 'content-length': '0' },
    scopes,
    signal,
  };
  const response = await client.try(request);
  if (response.statusCode !== 202) throw await client.failure(request, response);
  await response.body.dump();
  return locationOf(response, request.url);
}

/** Ends a session with the last bytes, or with none; the registry then compares the digest. */
export async function commit(upload: Upload, location: string, body: Buffer): Promise<void> {
  const { client, path, descriptor, scopes, signal } = upload;
  const url = URL.parse(location, client.origin);
  if (url === null) throw contentError('REGISTRY_ERROR', { subject: path, detail: 'no usable Location' });
  url.searchParams.set('digest', descriptor.digest);
  const request: RegistryRequest = {
    method: 'PUT',
    url: url.href,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(body.byteLength) },
    body,
    scopes,
    answerWithinMs: COMMIT_WITHIN_MS,
    signal,
  };
  const response = await client.try(request);
  if (response.statusCode !== 201 && response.statusCode !== 204) {
    const failure = await client.failure(request, response);
    throw response.statusCode === 404 ? new TryAgain(failure) : failure;
  }
  await response.body.dump();
}

/** Whether the registry has the blob. */
export async function isHeld({ client, path, descriptor, signal, scopes }: Upload): Promise<boolean> {
  const url = `${path}/blobs/${descriptor.digest}`;
  const response = await client.try({ method: 'HEAD', url, scopes, signal });
  await response.body.dump();
  return response.statusCode === 200;
}

/** Tells a registry that a session won't be used. A registry that won't hear of it forgets the session some day. */
export async function cancelSession(
  client: RegistryClient,
  location: unknown,
  { scopes, signal }: Pick<Upload, 'scopes' | 'signal'>,
): Promise<void> {
  if (typeof location !== 'string') return;
  const response = await client
    .try({ method: 'DELETE', url: location, scopes, signal })
    .catch(() => undefined);
  await response?.body.dump();
}

/**
 * distribution-spec, "Resuming an interrupted upload": the Range header says what has come, both ends included. Undefined
 * when the session is gone.
 */
export async function askProgress(upload: Upload, location: string) {
  const { client, scopes, signal } = upload;
  const request: RegistryRequest = { method: 'GET', url: location, scopes, signal };
  const response = await client.try(request);
  if (response.statusCode !== 204 && response.statusCode !== 202) {
    const failure = await client.failure(request, response);
    if (response.statusCode === 404) return undefined;
    throw failure;
  }
  await response.body.dump();
  const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(String(response.headers.range ?? ''))?.[1] ?? 0);
  // `0-0` is also what registries say of a session that has nothing yet.
  return { location: locationOf(response, location), offset: last === 0 ? 0 : last + 1 };
}

/** Where the next request of a session goes: each answer may say it anew. */
export function locationOf(response: RegistryResponse, fallback: string): string {
  const { location } = response.headers;
  return typeof location === 'string' ? location : fallback;
}
