import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { testCertificate } from '../../../content/testing/certificate.ts';

export interface TlsServer {
  readonly url: string;
  /** Its certificate (PEM), which nobody else signed. */
  readonly ca: string;
  close(): Promise<void>;
}

/** An HTTPS server on loopback that answers as `handler` says. */
export async function startTlsServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsServer> {
  const { cert, key } = await testCertificate();
  const server = createServer({ cert, key }, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}`,
    ca: cert,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
