/**
 * Gives claims of the test cluster's StorageClass their volumes. A process beside the cluster, since
 * the cluster has no registry yet from which a provisioner's image could come.
 *
 *     node provisioner.ts API_SOCKET PKI_FOLDER VOLUME_FOLDER
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../../content/error.ts';
import { ClusterApi } from '../api.ts';
import { storageWork } from './storage.ts';

const POLL_MILLISECONDS = 500;

const claims = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        uid: z.string(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
      spec: z.object({
        storageClassName: z.string().optional(),
        volumeName: z.string().optional(),
        accessModes: z.array(z.string()),
        resources: z.object({ requests: z.object({ storage: z.string() }) }),
      }),
    }),
  ),
});

const volumes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ storageClassName: z.string().optional() }),
      status: z.object({ phase: z.string().optional() }).optional(),
    }),
  ),
});

const [socket = '', pki = '', folder = ''] = process.argv.slice(2);
const read = (file: string) => readFile(join(pki, file), 'utf8');
const credentials = { certificate: await read('provisioner.crt'), key: await read('provisioner.key') };
const api = new ClusterApi(socket, await read('ca.crt'), credentials);

for (;;) {
  try {
    await provision();
  } catch (error) {
    console.error(messageOf(error));
  }
  await sleep(POLL_MILLISECONDS);
}

async function provision(): Promise<void> {
  const claimed = claims.parse(await api.get('/api/v1/persistentvolumeclaims'));
  const present = volumes.parse(await api.get('/api/v1/persistentvolumes'));
  const { create, remove } = storageWork(claimed.items, present.items);
  for (const volume of create) {
    await mkdir(join(folder, volume.metadata.name), { recursive: true, mode: 0o755 });
    await api.apply(volume);
  }
  for (const name of remove) {
    await api.remove(`/api/v1/persistentvolumes/${name}`);
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
