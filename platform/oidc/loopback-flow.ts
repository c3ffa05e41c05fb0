import { once } from 'node:events';
import { createServer } from 'node:http';
import { messageOf } from '../../content/error.ts';
import { platformError } from '../errors.ts';
import { beginLogin, finishLogin } from './code-flow.ts';
import type { Issuer, Tokens } from './issuer.ts';

const WAIT_MS = 600_000;
const DONE =
  '<!doctype html><html lang="en"><title>Skerry</title><p>You can close this page and go back to the terminal.</p></html>';

/**
 * Code flow with PKCE that ends at a port of this machine (RFC 8252, 7.3): `ask` gets the address that a browser here
 * must open. Throws SIGN_IN_REFUSED and ISSUER_UNREACHABLE.
 */
export async function loopbackFlow(
  issuer: Issuer,
  ask: (url: string) => void,
  signal: AbortSignal,
): Promise<Tokens> {
  const server = createServer();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal });
  try {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { url, ...begun } = await beginLogin(issuer, `http://127.0.0.1:${port}/callback`);
    const back = Promise.withResolvers<string>();
    limit.addEventListener('abort', () => back.reject(limit.reason), { once: true });
    server.on('request', (request, response) => {
      const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      // Other programs and pages may ask this port for anything: what ends the login must name its state.
      if (pathname !== '/callback' || searchParams.get('state') !== begun.state) {
        response.writeHead(404).end();
        return;
      }
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
      };
      response.writeHead(200, headers).end(DONE, () => back.resolve(search));
    });
    ask(url);
    return await finishLogin(issuer, begun, await back.promise);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) throw error;
    throw platformError('SIGN_IN_REFUSED', {
      subject: issuer.setting.url,
      detail: messageOf(error),
      cause: error,
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
