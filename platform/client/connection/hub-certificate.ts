import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';

const CONNECT_MS = 15_000;
const MAX_CHAIN = 10;

/** `SHA256:` and the unpadded base64 of the SHA-256 of a certificate's public key (SubjectPublicKeyInfo). */
function certificateFingerprint(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * The certificate (PEM), of those that a hub shows, whose key has a fingerprint. Nothing but the handshake is said to
 * the other side. Throws HUB_UNREACHABLE and HUB_CERTIFICATE_UNKNOWN.
 */
export async function fetchCertificate(
  url: string,
  fingerprint: string,
  signal: AbortSignal,
): Promise<string> {
  const shown = await fetchChain(url, signal);
  const found = shown.find((certificate) => certificateFingerprint(certificate) === fingerprint);
  if (found !== undefined) return found.toString();
  throw platformError('HUB_CERTIFICATE_UNKNOWN', {
    subject: new URL(url).origin,
    detail: `asked for ${fingerprint}; the hub shows ${shown.map(certificateFingerprint).join(', ')}`,
  });
}

async function fetchChain(url: string, signal: AbortSignal): Promise<X509Certificate[]> {
  const { hostname, port, origin } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  return await new Promise((resolve, reject) => {
    // Nothing is trusted here: the chain is what is asked for, and the fingerprint decides.
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const stop = () => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`));
    limit.addEventListener('abort', stop, { once: true });
    socket.once('secureConnect', () => {
      resolve(chainOf(socket.getPeerCertificate(true)));
      socket.destroy();
    });
    socket.once('error', (cause) =>
      reject(
        signal.aborted
          ? signal.reason
          : platformError('HUB_UNREACHABLE', { subject: origin, detail: messageOf(cause), cause }),
      ),
    );
    socket.once('close', () => limit.removeEventListener('abort', stop));
  });
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = leaf;
  for (let depth = 0; next?.raw !== undefined && depth < MAX_CHAIN; depth++) {
    chain.push(new X509Certificate(next.raw));
    // The last one names itself as its issuer.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}
