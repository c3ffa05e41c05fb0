import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';

/** In the agent's namespace: for whom a gateway seals its backups, and where it keeps them. */
const BACKUP_SETTINGS = 'skerry-gateway-backup';
const KEY = 'settings.json';

const BackupSettings = z.object({
  /** The public key (JWK); the private one is kept by the site, elsewhere. */
  key: z.looseObject({ kty: z.string(), crv: z.string(), x: z.string() }),
  registry: z.object({
    /** As the agent's pod reaches it, with scheme. */
    address: z.string(),
    repository: z.string(),
    ca: z.string().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
  }),
});
export type BackupSettings = z.infer<typeof BackupSettings>;

export function backupSettingsObject(namespace: string, settings: BackupSettings): KubeObject {
  const data = { [KEY]: Buffer.from(JSON.stringify(settings)).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: BACKUP_SETTINGS, namespace },
    type: 'Opaque',
    data,
  };
}

/** Undefined where nobody has asked for backups, or what was asked can't be read. */
export async function readBackupSettings(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  signal: AbortSignal,
): Promise<BackupSettings | undefined> {
  const metadata = { name: BACKUP_SETTINGS, namespace };
  const found = await client.get({ apiVersion: 'v1', kind: 'Secret', metadata }, { signal });
  const text = Buffer.from(textAt(found, 'data', KEY) ?? '', 'base64').toString();
  return BackupSettings.safeParse(tryJson(text)).data;
}
