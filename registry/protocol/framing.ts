import type { IncomingMessage } from 'node:http';
import { ProtocolError } from './protocol-error.ts';

/**
 * Refuses requests of which a proxy in front may make something else than the registry does, as far as Node's parser
 * lets them through. The connection must be closed after the answer. Throws a ProtocolError.
 */
export function checkFraming({ rawHeaders, headers, httpVersion }: Framed): void {
  // RFC 9112, section 3.2: "A server MUST respond with a 400 … to any request message that contains more than one Host
  // header field line".
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw refused(400, 'more than one Host');
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return;
  // Section 6.1: "A server … that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST treat the
  // message as if the framing is faulty".
  if (httpVersion === '1.0') throw refused(400, 'HTTP/1.0 has no Transfer-Encoding');
  // "A server that receives a request message with a transfer coding it does not understand SHOULD respond with 501".
  if (coding.trim().toLowerCase() !== 'chunked') throw refused(501, 'the only transfer coding is chunked');
}

type Framed = Pick<IncomingMessage, 'rawHeaders' | 'headers' | 'httpVersion'>;

function refused(status: number, message: string): ProtocolError {
  return new ProtocolError('UNSUPPORTED', { status, message, headers: { connection: 'close' } });
}
