import type { Exchange } from './exchange.ts';

/**
 * What a request wants to do with a repository. `list` is the catalog, which belongs to none; `enter` is the version
 * check, by which clients find out whether and how to log in.
 */
export type Action = 'enter' | 'pull' | 'push' | 'delete' | 'list';

export interface Allowed {
  /** Which repositories the catalog shows; all when absent. */
  readonly isVisible?: ((repository: string) => boolean) | undefined;
}

/** Who may do what, as endpoints ask for it. */
export interface Guard {
  /**
   * Lets the request go on, or throws a ProtocolError: 401 with a challenge, 403, or 429. `meant` are other names by
   * which the request may mean the repository; a challenge asks for those too.
   */
  authorize(
    exchange: Exchange,
    repository: string | undefined,
    action: Action,
    meant?: readonly string[],
  ): Promise<Allowed>;
  /** Whether the request may also do this; for what is left out silently when it may not. */
  isAllowed(exchange: Exchange, repository: string, action: Action): Promise<boolean>;
  /**
   * Whether a push to `repository` may take from `source` as well. Throws a ProtocolError (401), which asks the client
   * to get a token for both, where its account may and its token is only for one.
   */
  mayTakeFrom(
    exchange: Exchange,
    push: { readonly repository: string; readonly source: string },
  ): Promise<boolean>;
}
