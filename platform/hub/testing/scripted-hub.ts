import type { KubeClient } from '../../../apply/client/client.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { apiRoutes } from '../api.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import type { Route } from '../http/route.ts';
import { buildServer, type HubServer } from '../http/server.ts';
import type { Action, User } from '../kubernetes.ts';
import { Catalog } from '../packs/catalog.ts';
import type { Validate } from '../resources/objects.ts';
import type { WatchLimits } from '../resources/watch-limit.ts';
import { makeAuthority, makeServing } from '../tls/certificate.ts';
import { watchAll } from '../watched/testing/watch-all.ts';
import type { Watched } from '../watched/watched.ts';

export interface ScriptedHub {
  readonly server: HubServer;
  readonly cluster: ScriptedApiServer;
  readonly routes: readonly Route[];
  /** All objects as the hub has seen them, by the plural of their kind. */
  readonly seen: Watched['seen'];
  /** The certificate (PEM) of the authority that signed the server's. */
  readonly ca: string;
  close(): Promise<void>;
}

export interface ScriptedHubOptions {
  /** Whether a user may; a token is the name of its user. */
  readonly permits: (user: User, action: Action) => boolean;
  readonly validate?: Validate;
  readonly watchLimits?: WatchLimits;
  readonly heartbeatMs?: number;
  /** Operations besides those of the kinds. */
  readonly more?: (client: KubeClient) => readonly Route[];
  readonly limits?: { readonly users: RateLimit; readonly guests: RateLimit };
  /** Adds what is not of the API. */
  readonly serve?: (server: HubServer) => void;
}

/** A hub on a scripted API server that serves all of the hub's kinds. */
export async function startScriptedHub(options: ScriptedHubOptions): Promise<ScriptedHub> {
  const cluster = await ScriptedApiServer.start();
  for (const kind of kinds) cluster.put(definitionOf(kind));
  let ids = 0;
  let time = 0;
  const now = () => time++ * 10_000;
  const date = new Date();
  const authority = await makeAuthority(date);
  const stop = new AbortController();
  const { signal } = stop;
  const watched = watchAll(cluster.client(), signal);
  await watched.listed;
  const routes = apiRoutes({
    catalog: new Catalog({ store: new MemoryStore(), prefix: 'packs', now, signal }),
    client: cluster.client(),
    access: { permits: async (user, action) => options.permits(user, action) },
    seen: watched.seen,
    version: '9.9.9',
    checks: [],
    now,
    randomId: () => `id-${++ids}`,
    validate: options.validate,
    watchLimits: options.watchLimits,
    more: options.more?.(cluster.client()),
  });
  const server = buildServer({
    routes,
    access: {
      authenticate: async ({ authorization }) => {
        const username = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
        if (username !== undefined) return { user: { username }, via: 'bearer', cookies: [] };
        throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
      },
      authorize: async (user, action) => {
        if (options.permits(user, action)) return;
        throw platformError('ACCESS_DENIED', { subject: `${action.verb} ${action.resource}` });
      },
    },
    tls: await makeServing(authority, ['localhost'], date),
    log: { level: 'silent', stream: { write: () => true } },
    limits: options.limits,
    heartbeatMs: options.heartbeatMs,
  });
  options.serve?.(server);
  await server.ready();
  return {
    server,
    cluster,
    routes,
    seen: watched.seen,
    ca: authority.certificate,
    close: async () => {
      server.server.closeAllConnections();
      await server.close();
      stop.abort();
      await watched.stopped;
      await cluster.close();
    },
  };
}
