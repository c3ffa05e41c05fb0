import { errors } from 'undici';
import { messageOf } from '../error.ts';
import { CERTIFICATE_CODES } from './certificate-error.ts';

/**
 * What goes wrong between two machines: the same request may succeed if it is sent again. By name, as a full disk, a
 * file that may not be read and a mistake of ours have codes too and must be told as what they are.
 */
const CODES = new Set([
  // errno(3), of sockets
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENOTCONN',
  'ENOBUFS',
  'EADDRNOTAVAIL',
  'EPROTO',
  // getaddrinfo(3)
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  // Node, of one address of several
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  // undici
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_INFO',
  // A body that was cut off; a request of ours that was aborted has its signal to tell.
  'UND_ERR_ABORTED',
  'UND_ERR_PRX_TLS',
  'UND_ERR_PRX_CONN',
  'UND_ERR_SOCKS5',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  ...CERTIFICATE_CODES,
]);

/** True for trouble of the network, of TLS, or with what the other side sent; false for disks, files and mistakes. */
export function isNetworkError(error: unknown): boolean {
  // Of a host with several addresses each has failed in its own way.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNetworkError);
  if (error instanceof errors.HTTPParserError) return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  if (CODES.has(error.code) || /^ERR_SSL_|^HPE_/.test(error.code)) return true;
  // What this machine's own firewall or routes refuse has codes that files have as well; being out of descriptors is ours.
  const isConnecting = 'syscall' in error && ['connect', 'getaddrinfo'].includes(String(error.syscall));
  return isConnecting && !['EMFILE', 'ENFILE'].includes(error.code);
}

/** What a network error says; that of a host with several addresses says nothing itself. */
export function networkMessage(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(networkMessage))].join('; ');
  return messageOf(error);
}
