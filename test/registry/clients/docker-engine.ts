import assert from 'node:assert/strict';
import { z } from 'zod';
import { parseChallenges } from '../../../content/remote/challenge.ts';
import type { Login } from './served-store.ts';

/** What Docker's engine says it takes when it asks for a manifest. */
const ACCEPT = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/json',
].join(', ');
const Token = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
});
const TIMEOUT_MS = 30_000;

interface Sent {
  readonly body?: Buffer | ReadableStream;
  readonly headers?: Record<string, string>;
}

/** The requests of Docker's engine, made the way it makes them: it does not run without a machine of its own. */
export class DockerEngine {
  readonly #origin: string;
  readonly #repository: string;
  readonly #login: Login | undefined;
  #identityToken: string | undefined;
  #authorization: string | undefined;

  constructor(host: string, repository: string, login?: Login) {
    this.#origin = `http://${host}`;
    this.#repository = repository;
    this.#login = login;
  }

  /** `docker login`: the version check, the token server, the version check again. */
  async login(): Promise<void> {
    const first = await this.#fetch('GET', '/v2/', {});
    assert.equal(first.headers.get('docker-distribution-api-version'), 'registry/2.0');
    if (first.status === 200) return;
    await this.#answerChallenge(first, undefined, true);
    const second = await this.#fetch('GET', '/v2/', {});
    if (second.status !== 200) throw new Error(`login: ${second.status}`);
  }

  /** Looks for the blob, tries to mount it, else streams it in one PATCH and closes with PUT; gives what it took. */
  async pushBlob(digest: string, bytes: Uint8Array, from?: string): Promise<'there' | 'mounted' | 'sent'> {
    if ((await this.#ask('HEAD', `blobs/${digest}`, [200, 404])).status === 200) return 'there';
    const mount = from === undefined ? '' : `?from=${encodeURIComponent(from)}&mount=${digest}`;
    const begun = await this.#ask('POST', `blobs/uploads/${mount}`, [201, 202]);
    if (begun.status === 201) return 'mounted';
    assert.ok(begun.headers.get('docker-upload-uuid'));
    const patched = await this.#ask('PATCH', locationOf(begun), [202], {
      body: new Blob([Buffer.from(bytes)]).stream(),
    });
    const last = new URL(locationOf(patched), this.#origin);
    last.searchParams.set('digest', digest);
    const closed = await this.#ask('PUT', `${last}`, [201]);
    assert.equal(closed.headers.get('docker-content-digest'), digest);
    const seen = await this.#ask('HEAD', `blobs/${digest}`, [200]);
    assert.equal(seen.headers.get('content-length'), String(bytes.byteLength));
    return 'sent';
  }

  async pushManifest(reference: string, mediaType: string, bytes: Uint8Array): Promise<string | null> {
    const sent = { body: Buffer.from(bytes), headers: { 'content-type': mediaType } };
    const put = await this.#ask('PUT', `manifests/${reference}`, [201], sent);
    return put.headers.get('docker-content-digest');
  }

  /** Asks for the digest of the tag first, as `docker pull` does, then for that. */
  async pullManifest(reference: string) {
    const headers = { accept: ACCEPT };
    const head = await this.#ask('HEAD', `manifests/${reference}`, [200], { headers });
    const digest = head.headers.get('docker-content-digest') ?? '';
    const got = await this.#ask('GET', `manifests/${digest}`, [200], { headers });
    const bytes = Buffer.from(await got.arrayBuffer());
    assert.equal(head.headers.get('content-length'), String(bytes.byteLength));
    return { digest, bytes, mediaType: got.headers.get('content-type') };
  }

  async pullBlob(digest: string): Promise<Buffer> {
    const got = await this.#ask('GET', `blobs/${digest}`, [200]);
    return Buffer.from(await got.arrayBuffer());
  }

  /** Sends a request, and again with what a challenge asked for. Fails unless the answer is among `wanted`. */
  async #ask(method: string, path: string, wanted: readonly number[], sent: Sent = {}): Promise<Response> {
    const url = /^(?:http:|\/)/.test(path) ? path : `/v2/${this.#repository}/${path}`;
    let answer = await this.#fetch(method, url, sent);
    if (answer.status === 401) {
      await answer.body?.cancel();
      const actions = ['GET', 'HEAD'].includes(method) && this.#login === undefined ? 'pull' : 'pull,push';
      await this.#answerChallenge(answer, `repository:${this.#repository}:${actions}`, false);
      answer = await this.#fetch(method, url, sent);
    }
    if (!wanted.includes(answer.status))
      throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async #fetch(method: string, url: string, { body, headers }: Sent): Promise<Response> {
    const authorization = this.#authorization;
    return await fetch(new URL(url, this.#origin), {
      method,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
  }

  // distribution/registry/client/auth: Bearer is preferred to Basic, and a login asks for a token that lasts.
  async #answerChallenge(answer: Response, scope: string | undefined, offline: boolean): Promise<void> {
    const challenges = parseChallenges(answer.headers.get('www-authenticate') ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) {
      this.#authorization = `Bearer ${await this.#token(bearer.parameters, scope, offline)}`;
    } else if (this.#login !== undefined && challenges.some(({ scheme }) => scheme === 'basic')) {
      this.#authorization = this.#basic();
    }
  }

  async #token(
    { realm = '', service = '' }: Readonly<Record<string, string>>,
    scope: string | undefined,
    offline: boolean,
  ) {
    const asked = { service, client_id: 'docker', ...(scope === undefined ? {} : { scope }) };
    const answer =
      this.#identityToken === undefined
        ? await this.#tokenByPassword(realm, { ...asked, ...(offline ? { offline_token: 'true' } : {}) })
        : await fetch(realm, {
            method: 'POST',
            body: new URLSearchParams({
              ...asked,
              grant_type: 'refresh_token',
              refresh_token: this.#identityToken,
            }),
            signal: AbortSignal.timeout(TIMEOUT_MS),
          });
    if (answer.status !== 200) throw new Error(`token: ${answer.status}`);
    const { token, access_token, refresh_token } = Token.parse(await answer.json());
    this.#identityToken ??= refresh_token;
    return token ?? access_token;
  }

  async #tokenByPassword(realm: string, asked: Record<string, string>): Promise<Response> {
    const url = new URL(realm);
    const account = this.#login === undefined ? {} : { account: this.#login.user };
    url.search = `${new URLSearchParams({ ...account, ...asked })}`;
    const headers = this.#login === undefined ? {} : { authorization: this.#basic() };
    return await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  }

  #basic(): string {
    return `Basic ${Buffer.from(`${this.#login?.user}:${this.#login?.password}`).toString('base64')}`;
  }
}

function locationOf(answer: Response): string {
  const location = answer.headers.get('location');
  assert.ok(location !== null);
  return location;
}
