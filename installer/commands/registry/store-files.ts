import { join } from 'node:path';

/** What a registry's folder holds besides its content, each under a name of its own. */

export function usersFileOf(store: string): string {
  return join(store, 'users');
}

/** Is there once the registry has had users. */
export function closedMarkOf(store: string): string {
  return join(store, 'closed');
}

export function auditFileOf(store: string): string {
  return join(store, 'audit.log');
}

export function tokenKeyFileOf(store: string): string {
  return join(store, 'token.key');
}
