/**
 * What may become right without the object: something else that it names is still to come, or was away. It is said, and
 * refuses nothing; a cluster waits for it.
 */
const WAITED_FOR: ReadonlySet<string> = new Set([
  'PROFILE_NOT_FOUND',
  'PACK_REGISTRY_UNKNOWN',
  'PACK_NOT_FOUND',
  'PACK_DIGEST_UNKNOWN',
  'PACK_UNREADABLE',
  'SECRET_MISSING',
  'SECRET_NOT_LENT',
  'SEALING_KEY_MISSING',
  'AGENT_VERSION_UNKNOWN',
  'AGENT_FEATURE_MISSING',
  'REGISTRY_UNREACHABLE',
  'GATEWAY_NOT_ENROLLED',
  'GATEWAY_PACK_MISSING',
  'ACCOUNT_NOT_READY',
]);

/** Of a cluster; a profile never changes, so that its packs must be there when it is made. */
export function isWaitedFor({ code }: { readonly code: string }): boolean {
  return WAITED_FOR.has(code);
}
