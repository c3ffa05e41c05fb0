/** A browser takes a cookie of this name from the hub's own host alone, over HTTPS (RFC 6265bis, 4.1.3.2). */
export const SESSION_COOKIE = '__Host-skerry';
const LOGIN_COOKIE = '__Host-skerry-login';

/** Browsers take 4,096 bytes of name, value and attributes. */
const PIECE_CHARS = 3_800;
const MAX_PIECES = 3;
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** The cookies of a request by name (RFC 6265, 5.4). Of two with one name the first counts, as it does to browsers. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}

/** A sealed session in a request's cookies, put together from its pieces. */
export function sessionIn(header: string | undefined): string | undefined {
  const cookies = readCookies(header);
  const first = cookies.get(SESSION_COOKIE);
  if (first === undefined || first === '') return undefined;
  return pieceNames().reduce((text, name) => text + (cookies.get(name) ?? ''), '');
}

/**
 * Set-Cookie headers that make a browser keep a sealed session, and forget pieces that it no longer has. Undefined
 * where it is too long for any browser.
 */
export function sessionCookies(sealed: string, seconds: number): string[] | undefined {
  if (sealed.length > PIECE_CHARS * MAX_PIECES) return undefined;
  return pieceNames().map((name, index) => {
    const piece = sealed.slice(index * PIECE_CHARS, (index + 1) * PIECE_CHARS);
    return setCookie(name, piece, piece === '' ? 0 : seconds);
  });
}

/** Set-Cookie headers that make a browser forget the session. */
export function noSessionCookies(): string[] {
  return pieceNames().map((name) => setCookie(name, '', 0));
}

/** Where what a login has begun with is kept until it ends: one name each, as several may be under way. */
export function loginCookieName(state: string): string {
  return `${LOGIN_COOKIE}-${state.slice(0, 16)}`;
}

export function setCookie(name: string, value: string, seconds: number): string {
  return `${name}=${value}; ${ATTRIBUTES}; Max-Age=${Math.max(0, Math.floor(seconds))}`;
}

function pieceNames(): string[] {
  return [
    SESSION_COOKIE,
    ...Array.from({ length: MAX_PIECES - 1 }, (_, at) => `${SESSION_COOKIE}-${at + 1}`),
  ];
}
