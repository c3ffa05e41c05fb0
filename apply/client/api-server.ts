import type { Dispatcher } from 'undici';

/** Where an API server is, and how it lets us in. */
export interface ApiServer {
  readonly url: string;
  /** Asked before each call, since tokens expire and files are written again. */
  authenticate(): Promise<Authentication>;
}

export interface Authentication {
  readonly headers: Readonly<Record<string, string>>;
  /** Makes connections that trust the server's authority and show a certificate, where there is one. */
  connect(): Promise<Dispatcher>;
}
