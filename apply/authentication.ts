import type { KubeConfig, RequestContext } from '@kubernetes/client-node';
import { messageOf } from '../content/error.ts';
import type { Clock } from './clock.ts';
import { applyError } from './errors.ts';
import { codeOf } from './retry.ts';

const CONNECTIONS_LIVE_MS = 60_000;

/**
 * Headers are made anew for each call, since tokens expire; connections are kept for a minute, since client-node
 * would open one for each call, and no longer, since certificates are renewed too.
 */
export function createAuthentication(config: KubeConfig, clock: Clock) {
  let connections: ReturnType<RequestContext['getDispatcher']>;
  let madeAt = Number.NEGATIVE_INFINITY;
  return async (context: RequestContext, subject: string): Promise<void> => {
    try {
      await config.applySecurityAuthentication(context);
    } catch (cause) {
      const code = codeOf(cause) === 'ENOENT' ? 'KUBECONFIG_INVALID' : 'CLUSTER_UNAUTHORIZED';
      throw applyError(code, { subject, detail: messageOf(cause), cause });
    }
    if (clock.now() - madeAt > CONNECTIONS_LIVE_MS) {
      connections?.close().catch(() => undefined);
      connections = context.getDispatcher();
      madeAt = clock.now();
    } else if (connections !== undefined) {
      context.setDispatcher(connections);
    }
  };
}
