import { isDigest } from '../../content/digest.ts';
import type { Action } from '../access/access.ts';
import type { Exchange, Services } from '../exchange.ts';
import { toProtocolError } from '../protocol-error.ts';
import type { Route } from '../route.ts';
import type { AuditAction, AuditEntry } from './audit.ts';

/** Who did it, as every line about a request says it. */
export function callOf({ id, user, remote }: Exchange): Pick<AuditEntry, 'request' | 'user' | 'remote'> {
  return { request: id, user, remote };
}

export type Change = Omit<AuditEntry, 'request' | 'user' | 'remote' | 'result'>;

/** Writes down a change that was made, before anybody is told of it. Rejects when that can't be done. */
export async function recordChange(exchange: Exchange, { audit }: Services, change: Change): Promise<void> {
  await audit.record({ ...callOf(exchange), ...change, result: 'done' });
}

type RepositoryRoute = Extract<Route, { readonly repository: string }>;

/** What is part of every client's normal course, and says nothing: who are you, not there, not now, not here. */
const QUIET = new Set([401, 404, 405, 416, 429]);

/** Writes down a change that was refused, or that failed. What can't be written any more is in the request log. */
export async function recordFailure(
  exchange: Exchange,
  { audit }: Services,
  { route, action, error }: { route: RepositoryRoute; action: Action; error: unknown },
): Promise<void> {
  if (action !== 'push' && action !== 'delete') return;
  const { status, code } = toProtocolError(error);
  if (QUIET.has(status) || exchange.signal.aborted) return;
  const { repository } = route;
  const result = status === 403 ? 'refused' : 'failed';
  const what = { action: changeOf(route, action), repository, ...namedBy(route) };
  await audit.record({ ...callOf(exchange), ...what, result, code }).catch(() => undefined);
}

function changeOf(route: RepositoryRoute, action: Action): AuditAction {
  if (route.kind !== 'manifest') return action === 'delete' ? 'delete-blob' : 'push-blob';
  if (action === 'push') return 'push-manifest';
  return isDigest(route.reference) ? 'delete-manifest' : 'delete-tag';
}

function namedBy(route: RepositoryRoute): Pick<AuditEntry, 'digest' | 'tags'> {
  if (route.kind === 'blob') return { digest: route.digest };
  if (route.kind !== 'manifest') return {};
  return isDigest(route.reference) ? { digest: route.reference } : { tags: [route.reference] };
}
