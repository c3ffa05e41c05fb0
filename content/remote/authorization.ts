import { z } from 'zod';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { readLimited } from './body.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { RegistryWire } from './client.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { failureOf, isTransient, tryAgain } from './failure.ts';
import type { RetryPolicy } from './retry.ts';

/** What a request must be allowed to do. */
export interface Permit {
  /** E.g. `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const MAX_TOKEN_BYTES = 64 * 1024;
/** docker's token specification: what an answer means that says nothing of its life. */
const DEFAULT_LIFE_SECONDS = 60;
/** How long a token server may take; those who wait for the token may give up earlier. */
const TOKEN_WITHIN_MS = 60_000;

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
  readonly #wire: Pick<RegistryWire, 'request'>;
  readonly #credentials: CredentialSource;
  readonly #policy: RetryPolicy;
  readonly #now: () => number;
  /** Authorization header by scopes. */
  readonly #known = new Map<string, Answer>();
  /** Answers on their way, by scopes: many requests at once need one token. */
  readonly #asked = new Map<string, Promise<Answer | undefined>>();

  /** `now`: milliseconds of a clock that is never set, as a token must not live longer because of that. */
  constructor(
    origin: string,
    wire: Pick<RegistryWire, 'request'>,
    credentials: CredentialSource,
    policy: RetryPolicy,
    now: () => number = () => performance.now(),
  ) {
    this.#origin = new URL(origin);
    this.#wire = wire;
    this.#credentials = credentials;
    this.#policy = policy;
    this.#now = now;
  }

  /** The header that was good for these scopes before, while it lives. */
  known(scopes: readonly string[]): string | undefined {
    const known = this.#known.get(scopes.join(' '));
    return known !== undefined && known.expires > this.#now() ? known.value : undefined;
  }

  /**
   * Answers the challenges of a 401 to a request that was sent with `used`; undefined when there is nothing to answer
   * with. Throws REGISTRY_*, CREDENTIALS_UNREADABLE, CREDENTIAL_HELPER_FAILED.
   */
  async answer(
    header: string | string[] | undefined,
    { scopes, signal }: Permit,
    used?: string,
  ): Promise<string | undefined> {
    const key = scopes.join(' ');
    // Another request has met the same 401 and has its answer already.
    const known = this.known(scopes);
    if (known !== undefined && known !== used) return known;
    const asked =
      this.#asked.get(key) ??
      this.#answer(header, scopes)
        .then((found) => {
          if (found) this.#known.set(key, found);
          return found;
        })
        .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return (await unlessAborted(asked, signal))?.value;
  }

  async #answer(
    header: string | string[] | undefined,
    scopes: readonly string[],
  ): Promise<Answer | undefined> {
    const challenges = parseChallenges([header].flat().join(', '));
    const credentials = await this.#credentials(this.#origin.host);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    if (bearer) return await this.#fetchToken(bearer, scopes, credentials);
    return basic && credentials
      ? { value: basicHeader(credentials), expires: Number.POSITIVE_INFINITY }
      : undefined;
  }

  // docker's token authentication: GET realm?service=…&scope=…, with Basic where there are credentials.
  async #fetchToken(
    challenge: Challenge,
    permitted: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Answer | undefined> {
    const url = this.#realmOf(challenge, credentials);
    const { service, scope = '' } = challenge.parameters;
    if (service) url.searchParams.set('service', service);
    const scopes = permitted.length > 0 ? permitted : scope.split(' ').filter(Boolean);
    for (const wanted of scopes) url.searchParams.append('scope', wanted);
    const response = await this.#wire.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: {
        'user-agent': 'skerry',
        ...(credentials ? { authorization: basicHeader(credentials) } : {}),
      },
      headersTimeout: TOKEN_WITHIN_MS,
    });
    if (response.statusCode !== 200) {
      const subject = `GET ${url.origin}${url.pathname}`;
      const failure = await failureOf(subject, response, this.#policy.maxAskedMs);
      throw isTransient(response.statusCode) ? tryAgain(failure, response, this.#policy) : failure;
    }
    const text = (await readLimited(response.body, MAX_TOKEN_BYTES)).toString();
    const { data } = Token.safeParse(tryJson(text));
    const token = data?.token ?? data?.access_token;
    if (token === undefined) return undefined;
    // Renewed after nine tenths of its life, so that it does not end on the way.
    const lifeMs = (data?.expires_in ?? DEFAULT_LIFE_SECONDS) * 900;
    return { value: `Bearer ${token}`, expires: this.#now() + lifeMs };
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

interface Answer {
  /** The Authorization header. */
  readonly value: string;
  /** On the clock of `now`. */
  readonly expires: number;
}

// What several wait for must not end because one of them gives up.
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
