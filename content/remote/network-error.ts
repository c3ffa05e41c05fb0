import { errors } from 'undici';

/** What goes wrong between two machines: the same request may succeed if it is sent again. */
export function isNetworkError(error: unknown): boolean {
  if (error instanceof errors.UndiciError || error instanceof errors.HTTPParserError) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(E[A-Z]|UND_|ERR_SSL|ERR_TLS|ERR_STREAM_PREMATURE|CERT_|DEPTH_|SELF_|UNABLE_)/.test(error.code)
  );
}
