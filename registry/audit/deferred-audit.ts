import type { Audit } from './audit.ts';
import { type AuditLog, openAuditLog } from './audit-log.ts';

/** An audit log that is opened, or begun, with the first thing that there is to write down. */
export interface DeferredAudit extends Audit {
  close(): Promise<void>;
}

/** For commands that have a store to themselves, and may find that there is nothing to do. */
export function deferredAudit(path: string): DeferredAudit {
  let opening: Promise<AuditLog> | undefined;
  return {
    record: async (entry) => {
      opening ??= openAuditLog({ path, clock: Date.now });
      await (await opening).record(entry);
    },
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
