import { createServer } from 'node:http';
import { messageOf } from '../../content/error.ts';
import { platformError } from '../errors.ts';

export interface ProbeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers kubelet's probes and nothing else. Port 0 takes a free one. Throws AGENT_OPTION_INVALID. */
export async function serveProbes(port: number, isReady: () => boolean): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    const is = { '/healthz': true, '/readyz': isReady() }[request.url ?? ''];
    response.writeHead(is === undefined ? 404 : is ? 200 : 503, { 'content-type': 'text/plain' });
    response.end(is === true ? 'ok\n' : 'no\n');
    request.resume();
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        platformError('AGENT_OPTION_INVALID', { subject: '--probe-port', detail: messageOf(cause), cause }),
      ),
    );
    server.listen(port, '0.0.0.0', resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
