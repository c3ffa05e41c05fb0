import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { digestOf, isDigest } from '../digest.ts';
import { MediaType } from '../media-type.ts';
import type { Store } from '../store.ts';

/** The repository of which an odd registry tells lies. */
export const LIAR = 'team/liar';

/** Habits of registries in the real world; a registry without any keeps to distribution-spec 1.1. */
export interface Oddities {
  /** What the referrers API answers: a list, a list that is null, a page for people, or a status. */
  readonly referrers?: 'null' | 'html' | 'text' | number;
  /** Status for the tag of a signature, attestation or SBOM that is not there. */
  readonly absentTags?: number;
  /** Status for one that is there. */
  readonly presentTags?: number;
  /** Status for a list of tags, or the only tags that are in it. */
  readonly tagList?: number | readonly string[];
  /** How blobs come: with their size, in chunks, or until the connection is closed. */
  readonly blobs?: 'chunked' | 'closed';
  /** Status for HEAD of a blob, where GET is answered. */
  readonly headBlobs?: number;
  /** The first so many requests for each path are put off, with this status and Retry-After. */
  readonly busy?: { readonly times: number; readonly status: number; readonly retryAfter: string };
  /** Status for everything but the API's root. */
  readonly all?: number;
  /** The first so many answers with a blob end in its middle: the connection is closed, or nothing more comes. */
  readonly cuts?: { readonly times: number; readonly how: 'closed' | 'stalled' };
  /** Blobs are at another address on the same host, where nobody may log in. */
  readonly redirects?: boolean;
  /** It wants tokens; each is good for so many requests. */
  readonly tokenRequests?: number;
  /** Where it says of something that it is something else. */
  readonly lies?: 'digest of HEAD' | 'manifest' | 'blob';
}

export interface OddRegistry {
  readonly address: string;
  /** Method and path of all requests so far. */
  readonly requests: string[];
}

/** For tests: serves what a store holds for reading, in the manner of `oddities`, until the test is over. */
export async function serveOddly(
  context: TestContext,
  store: Store,
  oddities: Oddities = {},
): Promise<OddRegistry> {
  const requests: string[] = [];
  const put = new Map<string, number>();
  const tokens = new Tokens(oddities.tokenRequests);
  const cuts = { left: oddities.cuts?.times ?? 0 };
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    requests.push(`${request.method} ${request.url}`);
    const { busy } = oddities;
    const before = put.get(path) ?? 0;
    put.set(path, before + 1);
    if (busy !== undefined && before < busy.times) {
      response.writeHead(busy.status, { 'retry-after': busy.retryAfter }).end('busy');
      return;
    }
    const isElsewhere = path.startsWith('/elsewhere/');
    if (isElsewhere && request.headers.authorization) return end(response, 400);
    if (!isElsewhere && tokens.answers(request, response)) return;
    if (oddities.redirects && !isElsewhere && path.includes('/blobs/')) {
      // Another name of this machine is another host to a client.
      const host = `localhost:${request.socket.localPort}`;
      const location = `http://${host}${path.replace('/v2/', '/elsewhere/')}`;
      response.writeHead(307, { location }).end();
      return;
    }
    await answer(store, { ...oddities, cutsLeft: cuts }, path, request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { address: `127.0.0.1:${address.port}`, requests };
}

/** docker's token flow, with tokens that wear out. */
class Tokens {
  readonly #uses: number | undefined;
  readonly #left = new Map<string, number>();
  #given = 0;

  constructor(uses: number | undefined) {
    this.#uses = uses;
  }

  /** True when the request needed no other answer. */
  answers(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#uses === undefined) return false;
    if (request.url?.startsWith('/token')) {
      const token = `token-${++this.#given}`;
      this.#left.set(`Bearer ${token}`, this.#uses);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token, expires_in: 3600 }));
      return true;
    }
    const left = this.#left.get(request.headers.authorization ?? '') ?? 0;
    this.#left.set(request.headers.authorization ?? '', left - 1);
    if (left > 0) return false;
    const realm = `http://${request.headers.host}/token`;
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="odd"` }).end();
    return true;
  }
}

interface Habits extends Oddities {
  readonly cutsLeft: { left: number };
}

async function answer(
  store: Store,
  oddities: Habits,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const {
    repository = '',
    kind,
    name = '',
  } = /^\/(?:v2|elsewhere)\/(?<repository>.+)\/(?<kind>manifests|blobs|referrers|tags)\/(?<name>[^/]+)$/.exec(
    path,
  )?.groups ?? {};
  if (oddities.all !== undefined) end(response, oddities.all);
  else if (kind === 'manifests') await manifest(store, oddities, { repository, name }, request, response);
  else if (kind === 'blobs') await blob(store, oddities, { repository, name }, request, response);
  else if (kind === 'referrers') await referrers(store, oddities, { repository, name }, response);
  else if (kind === 'tags') await tags(store, oddities, repository, response);
  else end(response, 404);
}

interface Named {
  readonly repository: string;
  readonly name: string;
}

async function manifest(
  store: Store,
  { absentTags = 404, presentTags, lies }: Oddities,
  { repository, name }: Named,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const found = await store.readManifest(repository, name);
  const isCosign = /\.(?:sig|att|sbom)$/.test(name);
  if (found === undefined) return end(response, isCosign ? absentTags : 404);
  if (isCosign && presentTags !== undefined) return end(response, presentTags);
  const isLie = repository === LIAR && lies === 'digest of HEAD' && request.method === 'HEAD';
  response.writeHead(200, {
    'content-type': found.mediaType,
    'docker-content-digest': isLie ? digestOf('something else') : found.digest,
    'content-length': found.bytes.byteLength,
  });
  const bytes = Buffer.from(found.bytes);
  if (repository === LIAR && lies === 'manifest') bytes.write(' ', bytes.byteLength - 1);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function blob(
  store: Store,
  { blobs, headBlobs, lies, cuts, cutsLeft }: Habits,
  { repository, name }: Named,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reader = isDigest(name) ? await store.readBlob(repository, name) : undefined;
  if (reader === undefined) return end(response, 404);
  if (request.method === 'HEAD' && headBlobs !== undefined) return end(response, headBlobs);
  const bytes = Buffer.concat(await Array.fromAsync(reader.stream));
  if (repository === LIAR && lies === 'blob') bytes.write('lie');
  if (request.method === 'GET' && bytes.byteLength > 100 && cutsLeft.left-- > 0) {
    response.setHeader('content-length', bytes.byteLength);
    response.write(bytes.subarray(0, 100), () => cuts?.how === 'closed' && response.destroy());
    return;
  }
  if (blobs === undefined) response.setHeader('content-length', bytes.byteLength);
  if (blobs === 'closed') {
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
  }
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function referrers(
  store: Store,
  { referrers: habit }: Oddities,
  { repository, name }: Named,
  response: ServerResponse,
): Promise<void> {
  if (typeof habit === 'number') return end(response, habit);
  if (habit === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html>login</html>');
    return;
  }
  if (habit === 'text') return end(response, 200);
  const manifests = habit === 'null' || !isDigest(name) ? null : await store.listReferrers(repository, name);
  const list = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests });
  response.writeHead(200, { 'content-type': MediaType.index }).end(list);
}

async function tags(
  store: Store,
  { tagList }: Oddities,
  repository: string,
  response: ServerResponse,
): Promise<void> {
  if (typeof tagList === 'number') return end(response, tagList);
  const listed = tagList ?? (await store.listTags(repository));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name: repository, tags: listed }));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end('nope');
}
