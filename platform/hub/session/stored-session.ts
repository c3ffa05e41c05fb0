import { z } from 'zod';

/** What is sealed in the cookie of somebody who has signed in. Times are seconds since 1970. */
export const StoredSession = z.strictObject({
  via: z.enum(['oidc', 'token']),
  /** A bearer token that the cluster knows: an ID token, or one that was pasted. */
  token: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
  /** Of the whole session, whatever is refreshed. */
  endsAt: z.int(),
  /** Names it, in the list of those that were ended. */
  id: z.string().min(1),
});
export type StoredSession = z.infer<typeof StoredSession>;

/** What is sealed in a cookie while somebody is at the identity provider. */
export const StoredLogin = z.strictObject({
  state: z.string().min(1),
  nonce: z.string().min(1),
  verifier: z.string().min(1),
  redirectUri: z.string().min(1),
  /** Where the browser goes afterwards. */
  returnTo: z.string().min(1),
  endsAt: z.int(),
});
export type StoredLogin = z.infer<typeof StoredLogin>;
