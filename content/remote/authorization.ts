import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { readLimited } from './body.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { failureOf, isTransient, retryAfterMs } from './failure.ts';
import { TryAgain } from './retry.ts';

/** What a request must be allowed to do. */
export interface Permit {
  /** E.g. `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const MAX_TOKEN_BYTES = 64 * 1024;
/** docker's token specification: what an answer means that says nothing of its life. */
const DEFAULT_LIFE_SECONDS = 60;

const Token = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

/**
 * Who we are to one registry. distribution-spec leaves this open; every registry does docker's token flow or Basic.
 * Credentials go to the registry itself and to the token server that it names, and there only over HTTPS.
 */
export class Authorization {
  readonly #origin: URL;
  readonly #dispatcher: Dispatcher;
  readonly #credentials: CredentialSource;
  /** Authorization header by scopes. */
  readonly #known = new Map<string, { value: string; expires: number }>();

  constructor(origin: string, dispatcher: Dispatcher, credentials: CredentialSource) {
    this.#origin = new URL(origin);
    this.#dispatcher = dispatcher;
    this.#credentials = credentials;
  }

  /** The header that was good for these scopes before, while it lives. */
  known(scopes: readonly string[]): string | undefined {
    const known = this.#known.get(scopes.join(' '));
    return known !== undefined && known.expires > Date.now() ? known.value : undefined;
  }

  /** Answers the challenges of a 401; undefined when there is nothing to answer with. Throws REGISTRY_*. */
  async answer(header: string | string[] | undefined, permit: Permit): Promise<string | undefined> {
    const challenges = parseChallenges([header].flat().join(', '));
    const credentials = await this.#credentials(this.#origin.host);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    const found = bearer
      ? await this.#fetchToken(bearer, permit, credentials)
      : basic && credentials && { value: basicHeader(credentials), expires: Number.POSITIVE_INFINITY };
    if (found) this.#known.set(permit.scopes.join(' '), found);
    return found?.value;
  }

  // docker's token authentication: GET realm?service=…&scope=…, with Basic where there are credentials.
  async #fetchToken(challenge: Challenge, permit: Permit, credentials: Credentials | undefined) {
    const url = this.#realmOf(challenge, credentials);
    const { service, scope = '' } = challenge.parameters;
    if (service) url.searchParams.set('service', service);
    const scopes = permit.scopes.length > 0 ? permit.scopes : scope.split(' ').filter(Boolean);
    for (const wanted of scopes) url.searchParams.append('scope', wanted);
    const response = await this.#dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: {
        'user-agent': 'skerry',
        ...(credentials ? { authorization: basicHeader(credentials) } : {}),
      },
      signal: permit.signal ?? null,
    });
    if (response.statusCode !== 200) {
      const failure = await failureOf(`GET ${url.origin}${url.pathname}`, response);
      throw isTransient(response.statusCode)
        ? new TryAgain(failure, { afterMs: retryAfterMs(response, Date.now()) })
        : failure;
    }
    const text = (await readLimited(response.body, MAX_TOKEN_BYTES)).toString();
    const { data } = Token.safeParse(tryJson(text));
    const token = data?.token ?? data?.access_token;
    if (token === undefined) return undefined;
    // Used for nine tenths of its life, so that it does not end on the way.
    const lifeMs = (data?.expires_in ?? DEFAULT_LIFE_SECONDS) * 900;
    return { value: `Bearer ${token}`, expires: Date.now() + lifeMs };
  }

  // The registry decides whom we ask for a token. It must not make us give secrets away, nor, where the registry itself
  // is sure to be the right one, carry to it what some plain HTTP service of our own network answers.
  #realmOf({ parameters }: Challenge, credentials: Credentials | undefined): URL {
    const url = URL.parse(parameters.realm ?? '', this.#origin);
    const same = url?.origin === this.#origin.origin;
    const plain = url?.protocol === 'http:' && this.#origin.protocol === 'http:' && credentials === undefined;
    if (url !== null && (same || plain || url.protocol === 'https:')) return url;
    throw contentError('REGISTRY_DENIED', {
      subject: this.#origin.host,
      detail: `it asks to be authenticated at ${url?.origin ?? parameters.realm}, which is not safe`,
      remedy: 'Have the registry name a token server with an https:// address.',
    });
  }
}

function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
