import type { AuditEntry } from './audit.ts';

/** A request as it ended. */
export interface EndedRequest {
  readonly id: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** The answer's Location header: of what was made, where the status is 201; else it may hold secrets of a sign-in. */
  readonly location: string | undefined;
  /** What would happen was asked, and nothing done. */
  readonly isDryRun: boolean;
  readonly operationId: string;
  readonly user: string | undefined;
  /** Where people sign in and out. */
  readonly isEntry: boolean;
  readonly status: number;
  /** Of the problem that was answered. */
  readonly code: string | undefined;
}

/** What clients ask as a matter of course, and says nothing: who are you, and not so fast. */
const QUIET = new Set([401, 429]);

/** What the audit says of a request; undefined for one that could change nothing. */
export function writeEntry(request: EndedRequest): AuditEntry | undefined {
  const { id, method, path, location, isDryRun, operationId, user, isEntry, status, code } = request;
  if (isDryRun) return undefined;
  // Who signs in or out is known once that is done. Others could fill the audit with what they try.
  if (isEntry ? user === undefined : method === 'GET' || QUIET.has(status)) return undefined;
  const outcome = status < 400 ? 'done' : status === 403 ? 'refused' : 'failed';
  return {
    actor: user ?? 'unknown',
    action: operationId,
    // What was made is named in the body alone; who looks for an object by its name finds its beginning too.
    subject: `${method} ${status === 201 ? (location ?? path) : path}`,
    outcome,
    code,
    request: id,
  };
}
