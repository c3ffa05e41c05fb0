import { createHash } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Clock } from '../../../apply/clock.ts';
import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { openRemote } from '../../../content/remote/store.ts';
import type { ContentSink } from '../../../content/store.ts';
import { pushBackup } from '../../infra/backup/backup-artifact.ts';
import { type BackupSettings, readBackupSettings } from '../../infra/backup/backup-settings.ts';
import { type GatewayBackup, sealBackup } from '../../infra/backup/gateway-backup.ts';
import { takeBackup } from '../../infra/backup/take-backup.ts';
import type { GatewayState } from './gateway-state.ts';

type Made = NonNullable<GatewayState['backup']>;

export interface BackupKeeping {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'apply'>;
  readonly namespace: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: { error(error: unknown, message: string): void };
  readonly signal: AbortSignal;
  /** Whether this is a gateway now. */
  readonly isGateway: () => boolean;
  readonly onBackup: (made: Made) => void;
  readonly open?: (registry: BackupSettings['registry']) => ContentSink & { close(): Promise<void> };
}

const EVERY_MS = 300_000;
const DAY_MS = 24 * 3600_000;
/** When the last one was made, so that a new agent knows. */
const LAST = 'skerry-gateway-backup-last';

/**
 * Makes a sealed backup whenever something of the clusters has changed, looked at every five minutes, and once a day, until
 * the signal is aborted. The agent can't open what it has made.
 */
export async function keepBackups(keeping: BackupKeeping): Promise<void> {
  const { clock, signal, log, isGateway, onBackup } = keeping;
  let content: string | undefined;
  let last: Made | undefined;
  while (!signal.aborted) {
    try {
      if (isGateway()) {
        if (last === undefined) last = await readLast(keeping);
        if (last !== undefined) onBackup(last);
        const made = await backUp(keeping, content, last);
        if (made !== undefined) {
          content = made.content;
          last = made.made;
          onBackup(last);
        }
      }
    } catch (error) {
      // What was kept is kept; the age of the last one is in the report.
      if (!signal.aborted) log.error(error, 'no backup of the gateway could be made');
    }
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}

async function backUp(
  keeping: BackupKeeping,
  content: string | undefined,
  last: Made | undefined,
): Promise<{ made: Made; content: string } | undefined> {
  const { client, namespace, now, signal, open = openRegistry } = keeping;
  const settings = await readBackupSettings(client, namespace, signal);
  if (settings === undefined) return undefined;
  const backup = await takeBackup({ client, now, signal });
  const next = contentOf(backup);
  const at = now();
  if (next === content && last !== undefined && at.getTime() - Date.parse(last.at) < DAY_MS) return undefined;
  const store = open(settings.registry);
  try {
    const sealed = await sealBackup(backup, settings.key);
    const digest = await pushBackup(store, settings.registry.repository, sealed, at, signal);
    const made = { at: at.toISOString(), digest };
    await client.apply(lastObject(namespace, made), { signal });
    return { made, content: next };
  } finally {
    await store.close();
  }
}

function openRegistry({ address, ca, username, password }: BackupSettings['registry']) {
  const login = username === undefined || password === undefined ? undefined : { username, password };
  return openRemote(address, { ca, credentials: async () => login });
}

/** What makes another backup worth while: signs of life in statuses do not. */
function contentOf({ objects }: GatewayBackup): string {
  const lasting = objects.map(({ status: _status, metadata, ...object }: KubeObject) => {
    const { managedFields: _fields, ...rest } = metadata;
    return { ...object, metadata: rest };
  });
  return createHash('sha256').update(JSON.stringify(lasting)).digest('hex');
}

function lastReference(namespace: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: LAST, namespace } };
}

function lastObject(namespace: string, { at, digest }: Made): KubeObject {
  return { ...lastReference(namespace), data: { at, digest } };
}

async function readLast({ client, namespace, signal }: BackupKeeping): Promise<Made | undefined> {
  const found = await client.get(lastReference(namespace), { signal });
  const [at, digest] = [textAt(found, 'data', 'at'), textAt(found, 'data', 'digest')];
  return at === undefined || digest === undefined ? undefined : { at, digest };
}
