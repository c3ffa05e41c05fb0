import { isDigest } from '../../content/digest.ts';
import type { ChangeRecord } from '../protocol/change-record.ts';
import type { Exchange } from '../protocol/exchange.ts';
import type { Action } from '../protocol/guard.ts';
import { toProtocolError } from '../protocol/protocol-error.ts';
import type { Route } from '../protocol/route.ts';
import type { Audit, AuditAction, AuditEntry } from './audit.ts';

/** Who did it, as every line about a request says it. */
export function callOf({ id, user, remote }: Exchange): Pick<AuditEntry, 'request' | 'user' | 'remote'> {
  return { request: id, user, remote };
}

/** Records the changes that requests make as lines of the audit log. */
export function changeRecordOf(audit: Audit): ChangeRecord {
  return {
    record: (exchange, change) => audit.record({ ...callOf(exchange), ...change, result: 'done' }),
  };
}

type RepositoryRoute = Extract<Route, { readonly repository: string }>;

/** What is part of every client's normal course, and says nothing: who are you, not there, not now, not here. */
const QUIET = new Set([401, 404, 405, 416, 429]);

/** Writes down a change that was refused, or that failed. What can't be written any more is in the request log. */
export async function recordFailure(
  exchange: Exchange,
  audit: Audit,
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
