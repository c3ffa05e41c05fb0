import {
  AuthorizationResponseError,
  ClientSecretBasic,
  type Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  None,
  ResponseBodyError,
} from 'openid-client';
import { messageOf } from '../../content/error.ts';
import { platformError } from '../errors.ts';
import { issuerFetch } from './issuer-fetch.ts';

/** An identity provider, and what it knows this program as. */
export interface IssuerSetting {
  /** Its issuer identifier, https://… */
  readonly url: string;
  readonly clientId: string;
  /** Absent where the client is a public one. */
  readonly clientSecret?: string | undefined;
  /** Authorities (PEM) trusted for it besides the system's. */
  readonly ca?: string | undefined;
  readonly scopes: readonly string[];
}

/** What somebody has after signing in. */
export interface Tokens {
  readonly idToken: string;
  readonly refreshToken?: string | undefined;
}

const DISCOVERY_SECONDS = 10;
const FRESH_MS = 3_600_000;
const AGAIN_MS = 60_000;
/** Codes of the OpenID client for answers that came, and can't be believed. */
const REFUSALS = /^OAUTH_(?:JWT|INVALID_RESPONSE|KEY_SELECTION|UNSUPPORTED)/;

/** An identity provider as its discovery document says; asked for at the first use, and again each hour. */
export class Issuer {
  readonly setting: IssuerSetting;
  /** HTTPS to it: one pool of connections, however often it is discovered. */
  readonly fetch: CustomFetch;
  readonly #now: () => number;
  #known: { readonly at: number; readonly configuration: Promise<Configuration> } | undefined;

  /** `now` is a clock that never goes back, in milliseconds. */
  constructor(setting: IssuerSetting, now: () => number) {
    this.setting = setting;
    this.#now = now;
    this.fetch = issuerFetch(setting.ca);
  }

  /** Throws ISSUER_UNREACHABLE. */
  async configuration(): Promise<Configuration> {
    const at = this.#now();
    if (this.#known === undefined || at - this.#known.at >= FRESH_MS)
      this.#known = { at, configuration: discover(this.setting, this.fetch) };
    const asked = this.#known;
    try {
      return await asked.configuration;
    } catch (error) {
      // The next one asks again.
      if (this.#known === asked) this.#known = undefined;
      throw this.failure(error);
    }
  }

  /** Has its discovery document read again at the next use, unless that was done within a minute; says whether. */
  forget(): boolean {
    if (this.#known === undefined || this.#now() - this.#known.at < AGAIN_MS) return false;
    this.#known = undefined;
    return true;
  }

  /** Does something with the issuer. Throws SIGN_IN_REFUSED where it said no, ISSUER_UNREACHABLE otherwise. */
  async ask<T>(work: (configuration: Configuration) => Promise<T>): Promise<T> {
    const configuration = await this.configuration();
    try {
      return await work(configuration);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** What an error of the OpenID client says of the issuer. */
  failure(error: unknown) {
    const subject = this.setting.url;
    const hasSaidNo = error instanceof ResponseBodyError && error.status < 500;
    if (hasSaidNo || error instanceof AuthorizationResponseError) {
      const said = error.error_description === undefined ? '' : `: ${error.error_description.slice(0, 300)}`;
      return platformError('SIGN_IN_REFUSED', { subject, detail: `${error.error}${said}`, cause: error });
    }
    if (error instanceof Error && 'code' in error && REFUSALS.test(String(error.code)))
      return platformError('SIGN_IN_REFUSED', { subject, detail: messageOf(error), cause: error });
    return platformError('ISSUER_UNREACHABLE', { subject, detail: messageOf(error), cause: error });
  }
}

async function discover(
  { url, clientId, clientSecret }: IssuerSetting,
  send: CustomFetch,
): Promise<Configuration> {
  const authentication = clientSecret === undefined ? None() : ClientSecretBasic(clientSecret);
  return await discovery(new URL(url), clientId, undefined, authentication, {
    [customFetch]: send,
    timeout: DISCOVERY_SECONDS,
  });
}
