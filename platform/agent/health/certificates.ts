import { connect } from 'node:tls';
import type { Report } from '../../desired/report.ts';

const TIMEOUT_MS = 5000;

/** When the certificate of a TLS server ends, whatever it is signed by; undefined where there is none to see. */
export async function certificateEnd(address: string, signal: AbortSignal): Promise<string | undefined> {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? 443 : Number(url.port);
  return await new Promise((resolve) => {
    // Nothing is sent: only the date in the certificate is read.
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: TIMEOUT_MS });
    const end = (until: string | undefined) => {
      socket.destroy();
      resolve(until);
    };
    socket.once('secureConnect', () => end(timeOf(socket.getPeerCertificate().valid_to)));
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(undefined));
    signal.addEventListener('abort', () => end(undefined), { once: true });
  });
}

/** The agent's own certificate and the API server's, as far as they are known. */
export function certificatesOf(
  own: string | undefined,
  apiServer: string | undefined,
): Report['certificates'] {
  return [
    ...(own === undefined ? [] : [{ name: 'agent', until: own }]),
    ...(apiServer === undefined ? [] : [{ name: 'kube-apiserver', until: apiServer }]),
  ];
}

function timeOf(text: string): string | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
