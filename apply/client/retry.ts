/** Which failed calls are worth another try, and when. */

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header of that name, as it came. */
  readonly retryAfter: string | undefined;
  readonly contentType?: string | undefined;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

const TRANSIENT = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

export function isTransient(error: unknown): boolean {
  return (
    TRANSIENT.has(codeOf(error) ?? '') || (error instanceof DOMException && error.name === 'TimeoutError')
  );
}

// fetch hides the socket's error in `cause`, and a host with several addresses gives an AggregateError.
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

// As client-go: 429 and 503 always, other 5xx where the server asks for it; etcd's elections pass by as plain 500s.
export function asksForRetry({ status, text, retryAfter }: Answer): boolean {
  if (status === 429 || (status >= 502 && status <= 504)) return true;
  return (
    status === 500 &&
    (retryAfter !== undefined || /etcdserver: (?:leader changed|request timed out)/.test(text))
  );
}

export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,4}$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, LONGEST_PAUSE_MS);
}

export function pauseMs(tries: number, random: () => number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + random() / 2);
}
