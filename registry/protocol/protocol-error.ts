import { hasCode, translate } from '../../content/bytes/blob-file.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';

/**
 * How a refusal is reported to clients: distribution-spec, "Error Codes". The codes up to TOOMANYREQUESTS
 * are the specification's; those for 5xx answers, which it leaves open, are ours.
 */
export const PROTOCOL_CODES = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'blob upload invalid' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  MANIFEST_BLOB_UNKNOWN: {
    status: 400,
    message: 'manifest references a manifest or blob unknown to registry',
  },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown to registry' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  UNSUPPORTED: { status: 405, message: 'the operation is unsupported' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  INSUFFICIENT_STORAGE: { status: 507, message: 'the registry has no room left for this' },
  UPSTREAM_FAILED: { status: 502, message: 'the registry cannot reach its store' },
  UNAVAILABLE: { status: 503, message: 'the registry is stopping' },
  UNKNOWN: { status: 500, message: 'the registry failed; its log has the reason under the request id' },
} as const;

export type ProtocolCode = keyof typeof PROTOCOL_CODES;

export interface ProtocolErrorOptions {
  /** Differs from the code's usual status, e.g. 413 or 416. */
  readonly status?: number;
  /** Replaces the specification's sentence. */
  readonly message?: string;
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class ProtocolError extends Error {
  readonly code: ProtocolCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** Several at once, e.g. one for each blob that a manifest misses; empty when this error stands alone. */
  readonly all: readonly ProtocolError[];

  constructor(code: ProtocolCode, options: ProtocolErrorOptions = {}, all: readonly ProtocolError[] = []) {
    super(options.message ?? PROTOCOL_CODES[code].message, { cause: options.cause });
    this.name = 'ProtocolError';
    this.code = code;
    this.status = options.status ?? PROTOCOL_CODES[code].status;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    this.all = all;
  }

  /** The body of the answer, as the specification prescribes it. */
  toJSON(): object {
    const list = this.all.length === 0 ? [this] : this.all;
    return {
      errors: list.map(({ code, message, detail }) => ({
        code,
        message,
        ...(detail === undefined ? {} : { detail }),
      })),
    };
  }
}

/** Turns whatever a handler threw into what the client may know; inner details stay in the log. */
export function toProtocolError(thrown: unknown): ProtocolError {
  if (thrown instanceof ProtocolError) return thrown;
  const error = translate(thrown, 'the store');
  // Of the process or of the whole machine: what is being done now ends, and then there is one for the next try.
  if (hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE')) {
    const message = 'the registry has too many files open';
    return new ProtocolError('TOOMANYREQUESTS', {
      status: 503,
      message,
      headers: { 'retry-after': '1' },
      cause: error,
    });
  }
  const code = isSkerryError(error) ? FROM_STORE[error.code] : FROM_SYSTEM[systemCode(error) ?? ''];
  return new ProtocolError(code ?? 'UNKNOWN', { cause: error });
}

/** The chain of causes in one line, for the log. */
export function reasonOf(error: ProtocolError): string {
  return messageOf(error);
}

const FROM_STORE: Readonly<Record<string, ProtocolCode>> = {
  CONTENT_NOT_FOUND: 'MANIFEST_UNKNOWN',
  STORE_READ_ONLY: 'UNSUPPORTED',
  MANIFEST_INVALID: 'MANIFEST_INVALID',
  DISK_FULL: 'INSUFFICIENT_STORAGE',
  REGISTRY_UNREACHABLE: 'UPSTREAM_FAILED',
  REGISTRY_UPSTREAM_AWAY: 'UPSTREAM_FAILED',
  REGISTRY_DENIED: 'UPSTREAM_FAILED',
  REGISTRY_ERROR: 'UPSTREAM_FAILED',
  REGISTRY_RATE_LIMITED: 'UPSTREAM_FAILED',
  CREDENTIALS_UNREADABLE: 'UPSTREAM_FAILED',
  CREDENTIAL_HELPER_FAILED: 'UPSTREAM_FAILED',
};

const FROM_SYSTEM: Readonly<Record<string, ProtocolCode>> = {
  EFBIG: 'INSUFFICIENT_STORAGE',
};

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
