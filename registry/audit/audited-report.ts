import type { Log } from '../log.ts';
import type { Audit } from './audit.ts';

const MAX_REASON = 300;

/**
 * A log that also puts into the audit log what a store takes out of service by itself. `audit` is asked each time: a
 * store is opened before anybody knows where that is.
 */
export function auditedReport(log: Log, audit: () => Audit | undefined): Log {
  return (record) => {
    log(record);
    const { event, digest, reason } = record;
    if (event !== 'blob-quarantined' || typeof digest !== 'string') return;
    const why = typeof reason === 'string' ? reason.slice(0, MAX_REASON) : undefined;
    // What can't be recorded here is in the other log, and corrupt all the same.
    void audit()
      ?.record({ action: 'quarantine', result: 'done', digest, reason: why })
      .catch(() => undefined);
  };
}
