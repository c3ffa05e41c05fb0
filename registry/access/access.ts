/** What a request wants to do with a repository; `list` is the catalog, which belongs to none. */
export type Action = 'pull' | 'push' | 'delete' | 'list';

export interface AccessRequest {
  /** The Authorization header, if one came. */
  readonly authorization: string | undefined;
  /** Undefined for what concerns the registry as a whole: the version check and the catalog. */
  readonly repository: string | undefined;
  readonly action: Action;
}

export type AccessDecision =
  | { readonly kind: 'allow'; readonly user?: string | undefined }
  /** Who is asking? `challenge` is the WWW-Authenticate header. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'deny'; readonly user?: string | undefined }
  /** More password checks are waiting than the registry does at once. */
  | { readonly kind: 'busy' };

/** Who may do what. The registry asks before it looks at anything. */
export interface Access {
  authorize(request: AccessRequest): Promise<AccessDecision>;
  /** How to log in, told in answer to the version check even when that is open to everyone. */
  readonly challenge: string | undefined;
}

/** Everyone may do everything: for a registry on a loopback address or in a test. */
export const openAccess: Access = {
  challenge: undefined,
  authorize: async () => ({ kind: 'allow' }),
};

/** Everyone may pull, no one may change anything. */
export const readOnlyAccess: Access = {
  challenge: undefined,
  authorize: async ({ action }) => (isReading(action) ? { kind: 'allow' } : { kind: 'deny' }),
};

export function isReading(action: Action): boolean {
  return action === 'pull' || action === 'list';
}
