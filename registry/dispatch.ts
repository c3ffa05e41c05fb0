import type { Action } from './access/access.ts';
import { authorize, isAllowed } from './access/authorization.ts';
import { issueToken } from './access/token-endpoint.ts';
import { recordFailure } from './audit/audit-change.ts';
import { deleteBlob, getBlob, headBlob } from './blob-endpoint.ts';
import { deletingOf } from './capability.ts';
import { listRepositories } from './catalog-endpoint.ts';
import { type Exchange, type Services, writingOf } from './exchange.ts';
import { showHealth, showReadiness } from './health-endpoint.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-endpoint.ts';
import { showMetrics } from './metrics/metrics-endpoint.ts';
import { listedName, scopedNames } from './namespace.ts';
import { ProtocolError } from './protocol-error.ts';
import { listReferrers } from './referrers-endpoint.ts';
import { sendJson } from './response.ts';
import type { Route, RouteKind } from './route.ts';
import { listTags } from './tags-endpoint.ts';
import { addToUpload, cancelUpload, finishUpload, showUpload, startUpload } from './upload-endpoint.ts';

/** Hands a request to its endpoint, after asking whether it may. Throws a ProtocolError. */
export async function dispatch(
  exchange: Exchange,
  services: Services,
  route: Route,
  stopping: boolean,
): Promise<void> {
  const method = exchange.request.method ?? '';
  const action = ACTIONS[route.kind][method];
  if (action === undefined) throw notAllowed(route.kind);
  switch (route.kind) {
    case 'health':
      return showHealth(exchange);
    case 'ready':
      return await showReadiness(exchange, services, stopping);
    case 'metrics':
      return await showMetrics(exchange, services.metrics);
    case 'base':
      await authorize(exchange, services, undefined, action);
      return sendJson(exchange, 200, {});
    case 'token':
      return await issueToken(exchange, services);
    case 'catalog': {
      const { isVisible } = await authorize(exchange, services, undefined, action);
      return await listRepositories(exchange, services, isVisible);
    }
    default:
      try {
        return await dispatchRepository(exchange, services, route, method, action);
      } catch (error) {
        await recordFailure(exchange, services, { route, action, error });
        throw error;
      }
  }
}

type RepositoryRoute = Extract<Route, { readonly repository: string }>;

/** What each method of each endpoint does, and so what it takes to be allowed. */
const ACTIONS: Readonly<Record<RouteKind, Readonly<Record<string, Action>>>> = {
  base: { GET: 'enter', HEAD: 'enter' },
  token: { GET: 'enter', POST: 'enter' },
  health: { GET: 'pull', HEAD: 'pull' },
  ready: { GET: 'pull', HEAD: 'pull' },
  metrics: { GET: 'pull', HEAD: 'pull' },
  catalog: { GET: 'list', HEAD: 'list' },
  tags: { GET: 'pull', HEAD: 'pull' },
  referrers: { GET: 'pull', HEAD: 'pull' },
  manifest: { GET: 'pull', HEAD: 'pull', PUT: 'push', DELETE: 'delete' },
  blob: { GET: 'pull', HEAD: 'pull', DELETE: 'delete' },
  'upload-start': { POST: 'push' },
  upload: { GET: 'push', HEAD: 'push', PATCH: 'push', PUT: 'push', DELETE: 'push' },
};

async function dispatchRepository(
  exchange: Exchange,
  services: Services,
  route: RepositoryRoute,
  method: string,
  action: Action,
): Promise<void> {
  // Said first: nobody should be asked for a password that is of no use.
  if (action === 'push' || action === 'delete') writingOf(services);
  if (action === 'delete') deletingOf(services.store);
  const repositories = await namesFor(exchange, services, route, action);
  const listed = () => listedName(exchange, services.store, repositories, route.repository);
  switch (route.kind) {
    case 'blob':
      if (method === 'DELETE') return await deleteBlob(exchange, services, route);
      return await (method === 'HEAD' ? headBlob : getBlob)(exchange, services, { ...route, repositories });
    case 'manifest':
      if (method === 'PUT') return await putManifest(exchange, services, route);
      if (method === 'DELETE') return await deleteManifest(exchange, services, route);
      return await getManifest(exchange, services, { ...route, repositories });
    case 'tags':
      return await listTags(exchange, services, await listed());
    case 'referrers':
      return await listReferrers(exchange, services, { ...route, repository: await listed() });
    case 'upload-start':
      return await startUpload(exchange, services, route.repository);
    case 'upload':
      return await uploadMethod(method)(exchange, services, route);
  }
}

function uploadMethod(method: string) {
  if (method === 'PATCH') return addToUpload;
  if (method === 'PUT') return finishUpload;
  return method === 'DELETE' ? cancelUpload : showUpload;
}

// Of the names that a mirror's clients may mean, those count that are allowed; there must be one.
async function namesFor(
  exchange: Exchange,
  services: Services,
  { repository }: RepositoryRoute,
  action: Action,
): Promise<readonly string[]> {
  const scoped = action === 'pull' ? scopedNames(exchange.query.get('ns'), repository) : [];
  const allowed: string[] = [];
  for (const name of scoped) if (await isAllowed(exchange, services, name, action)) allowed.push(name);
  if (allowed.length > 0 && !(await isAllowed(exchange, services, repository, action))) return allowed;
  await authorize(exchange, services, repository, action, scoped);
  return [...allowed, repository];
}

function notAllowed(kind: RouteKind): ProtocolError {
  return new ProtocolError('UNSUPPORTED', { headers: { allow: Object.keys(ACTIONS[kind]).join(', ') } });
}
