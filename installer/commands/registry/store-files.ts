import { join } from 'node:path';

/** What a registry's folder holds besides its content, each under a name of its own. */

export function usersFileOf(store: string): string {
  return join(store, 'users');
}

export function auditFileOf(store: string): string {
  return join(store, 'audit.log');
}

export function tokenKeyFileOf(store: string): string {
  return join(store, 'token.key');
}
