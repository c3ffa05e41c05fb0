import type { KubeClient } from '../../apply/client/client.ts';
import type { LockedComponent } from '../component.ts';
import { installerError } from '../errors.ts';
import { runJobFrom } from './gate/job-from-cron-job.ts';

export interface BackupInput {
  readonly client: KubeClient;
  /** Of the installation. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface BackupOutput {
  readonly component: string;
  readonly output: Uint8Array;
}

/** What a backup may print. */
const MAX_BYTES = 1024 * 1024;

/** Runs the backup of each component that has one, and gives what they printed. Throws BACKUP_FAILED. */
export async function runBackups(
  { onProgress, ...input }: BackupInput,
  components: readonly Pick<LockedComponent, 'name' | 'namespace' | 'backup' | 'timeoutSeconds'>[],
): Promise<BackupOutput[]> {
  const backups: BackupOutput[] = [];
  for (const { name, namespace, backup, timeoutSeconds } of components) {
    if (backup === undefined) continue;
    onProgress(`backup of ${name}`);
    const failed = (detail: string) =>
      installerError('BACKUP_FAILED', { subject: `component ${name}`, detail });
    const text = await runJobFrom({
      ...{ ...input, namespace, failed, cronJob: backup.cronJob },
      name: `skerry-backup-${name}`,
      timeoutMs: timeoutSeconds * 1000,
    });
    const output = Buffer.from(text);
    if (output.byteLength > MAX_BYTES)
      throw failed(`it printed ${output.byteLength} bytes, more than ${MAX_BYTES}`);
    backups.push({ component: name, output });
  }
  return backups;
}
