import type { Dispatcher } from 'undici';
import { messageOf } from '../../content/error.ts';
import type { Clock } from '../clock.ts';
import { applyError } from '../errors.ts';
import type { ApiServer } from './api-server.ts';
import { codeOf } from './retry.ts';

const CONNECTIONS_LIVE_MS = 60_000;

/** What one call is sent with. */
export interface CallAuthentication {
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: Dispatcher;
}

/**
 * Headers are made again for each call, since tokens expire; connections are kept for a minute, so that not each call
 * opens one, and no longer, since certificates are renewed too.
 */
export function createAuthentication(server: ApiServer, clock: Clock) {
  let connections: Dispatcher | undefined;
  let madeAt = Number.NEGATIVE_INFINITY;
  return async (subject: string): Promise<CallAuthentication> => {
    try {
      const { headers, connect } = await server.authenticate();
      if (connections === undefined || clock.now() - madeAt > CONNECTIONS_LIVE_MS) {
        const made = await connect();
        connections?.close().catch(() => undefined);
        connections = made.compose(overHttp1);
        madeAt = clock.now();
      }
      return { headers, connections };
    } catch (cause) {
      const code = codeOf(cause) === 'ENOENT' ? 'KUBECONFIG_INVALID' : 'CLUSTER_UNAUTHORIZED';
      throw applyError(code, { subject, detail: messageOf(cause), cause });
    }
  };
}

// undici 8 speaks HTTP/2 where the server offers it. A watch that was aborted there leaves a stream without a listener,
// and the process dies of its error when the API server closes the connection later.
const overHttp1: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const http1 = { ...options, allowH2: false };
  return dispatch(http1, handler);
};
