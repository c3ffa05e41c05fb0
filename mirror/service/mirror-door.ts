import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Health } from './health.ts';
import type { MirrorMetrics } from './mirror-metrics.ts';

export interface MirrorDoor extends AsyncDisposable {
  readonly port: number;
}

/**
 * Serves `/healthz` (the service lives), `/health` (and all is well with its runs: 200 or 503, with what is known as
 * JSON) and `/metrics`. Neither addresses nor names of repositories are in any of them.
 */
export async function openMirrorDoor(
  listen: { readonly host: string; readonly port: number },
  metrics: MirrorMetrics,
  health: () => Promise<Health>,
): Promise<MirrorDoor> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0];
    const send = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return void send(405, 'text/plain', 'only GET\n');
      if (path === '/healthz') return void send(200, 'text/plain', 'ok\n');
      if (path === '/metrics') {
        // The service itself looks between runs alone.
        const found = await health().catch(() => undefined);
        if (found !== undefined) metrics.stale(found.status === 'old');
        return void send(200, metrics.contentType, await metrics.text());
      }
      if (path !== '/health') return void send(404, 'text/plain', 'not here\n');
      const found = await health();
      send(
        found.status === 'good' || found.status === 'new' ? 200 : 503,
        'application/json',
        JSON.stringify(found),
      );
    } catch {
      send(500, 'text/plain', 'failed\n');
    }
  });
  server.requestTimeout = 10_000;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return { port: portOf(server), [Symbol.asyncDispose]: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
