import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
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
      opening ??= open(path);
      await (await opening).record(entry);
    },
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

// The registry has to be able to go on with a file that another user's command began.
async function open(path: string): Promise<AuditLog> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  const log = await openAuditLog({ path, clock: Date.now });
  if (!isThere) {
    const { uid, gid } = await stat(dirname(path));
    await chown(path, uid, gid).catch(() => undefined);
  }
  return log;
}
