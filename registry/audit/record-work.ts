import { messageOf } from '../../content/error.ts';
import { registryError } from '../errors.ts';
import type { Audit, AuditEntry } from './audit.ts';

/**
 * Writes down what was done to a whole store. Throws REGISTRY_AUDIT_UNUSABLE: it is done, and must not be reported as if it
 * had been written down.
 */
export async function recordWork(audit: Audit | undefined, store: string, entries: readonly AuditEntry[]) {
  try {
    await Promise.all(entries.map((entry) => audit?.record(entry)));
  } catch (cause) {
    const detail = `what was done could not be written down: ${messageOf(cause)}`;
    throw registryError('REGISTRY_AUDIT_UNUSABLE', { subject: store, detail, cause });
  }
}
