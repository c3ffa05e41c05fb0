import { issueToken } from '../access/tokens/token-endpoint.ts';
import { recordFailure } from '../audit/audit-change.ts';
import { showMetrics } from '../metrics/metrics-endpoint.ts';
import { sendJson } from '../protocol/answer/response.ts';
import { deletingOf } from '../protocol/deleting.ts';
import { deleteBlob, getBlob, headBlob } from '../protocol/endpoints/blob-endpoint.ts';
import { listRepositories } from '../protocol/endpoints/catalog-endpoint.ts';
import { showHealth, showReadiness } from '../protocol/endpoints/health-endpoint.ts';
import { deleteManifest, getManifest, putManifest } from '../protocol/endpoints/manifest-endpoint.ts';
import { listReferrers } from '../protocol/endpoints/referrers-endpoint.ts';
import { listTags } from '../protocol/endpoints/tags-endpoint.ts';
import { type Exchange, writingOf } from '../protocol/exchange.ts';
import type { Action } from '../protocol/guard.ts';
import { listedName, scopedNames } from '../protocol/namespace.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { Route, RouteKind } from '../protocol/route.ts';
import { showStorage } from '../report/storage-endpoint.ts';
import {
  addToUpload,
  cancelUpload,
  finishUpload,
  showUpload,
  startUpload,
} from '../uploads/upload-endpoint.ts';
import type { ServerServices } from './server-services.ts';

/** Hands a request to its endpoint, after asking whether it may. Throws a ProtocolError. */
export async function dispatch(
  exchange: Exchange,
  services: ServerServices,
  route: Route,
  stopping: boolean,
): Promise<void> {
  const method = exchange.request.method ?? '';
  const action = ACTIONS[route.kind][method];
  if (action === undefined) throw notAllowed(route.kind);
  switch (route.kind) {
    case 'health':
      return await showHealth(exchange);
    case 'ready':
      return await showReadiness(exchange, services, stopping);
    case 'metrics':
      return await showMetrics(exchange, services.metrics);
    case 'base':
      await services.guard.authorize(exchange, undefined, action);
      return await sendJson(exchange, 200, {});
    case 'token':
      return await issueToken(exchange, services.login);
    case 'catalog': {
      const { isVisible } = await services.guard.authorize(exchange, undefined, action);
      return await listRepositories(exchange, services, isVisible);
    }
    case 'storage':
      return await showStorage(exchange, services, services.storage);
    default:
      try {
        return await dispatchRepository(exchange, services, route, method, action);
      } catch (error) {
        await recordFailure(exchange, services.login.audit, { route, action, error });
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
  storage: { GET: 'list', HEAD: 'list' },
  tags: { GET: 'pull', HEAD: 'pull' },
  referrers: { GET: 'pull', HEAD: 'pull' },
  manifest: { GET: 'pull', HEAD: 'pull', PUT: 'push', DELETE: 'delete' },
  blob: { GET: 'pull', HEAD: 'pull', DELETE: 'delete' },
  'upload-start': { POST: 'push' },
  upload: { GET: 'push', HEAD: 'push', PATCH: 'push', PUT: 'push', DELETE: 'push' },
};

async function dispatchRepository(
  exchange: Exchange,
  services: ServerServices,
  route: RepositoryRoute,
  method: string,
  action: Action,
): Promise<void> {
  // Checked first: a client should not be asked for a password that is of no use.
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
  services: ServerServices,
  { repository }: RepositoryRoute,
  action: Action,
): Promise<readonly string[]> {
  const scoped = action === 'pull' ? scopedNames(exchange.query.get('ns'), repository) : [];
  const allowed: string[] = [];
  for (const name of scoped) if (await services.guard.isAllowed(exchange, name, action)) allowed.push(name);
  if (allowed.length > 0 && !(await services.guard.isAllowed(exchange, repository, action))) return allowed;
  await services.guard.authorize(exchange, repository, action, scoped);
  return [...allowed, repository];
}

function notAllowed(kind: RouteKind): ProtocolError {
  return new ProtocolError('UNSUPPORTED', { headers: { allow: Object.keys(ACTIONS[kind]).join(', ') } });
}
