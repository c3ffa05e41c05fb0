/** A name and a password from an Authorization header. */
export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

/**
 * Reads `Basic` credentials (RFC 7617). Undefined when the header is absent or of another kind; also for an empty name
 * and password, which containers/image (skopeo, podman) sends for an anonymous user once it has seen a challenge.
 */
export function parseBasic(header: string | undefined): BasicCredentials | undefined {
  const encoded = header === undefined ? null : /^basic +([a-z0-9+/_-]+=*) *$/i.exec(header);
  if (encoded?.[1] === undefined) return undefined;
  const text = Buffer.from(encoded[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1 || text === ':') return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
