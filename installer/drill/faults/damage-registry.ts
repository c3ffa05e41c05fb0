import type { KubeClient } from '../../../apply/client/client.ts';
import { listAt, objectAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { waitUntil } from '../../../apply/wait/wait-until.ts';
import { installerError } from '../../errors.ts';
import { NAMESPACE, STORE_SERVICE } from '../../names.ts';
import { registryPods } from './registry-pods.ts';

const POD = 'skerry-drill-damage';
const PATIENCE_MS = 120_000;

// The blobs that came last are those of the upgrade.
const SCRIPT = `
const fs = require('node:fs'), path = require('node:path');
const files = [];
const walk = (folder) => {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) walk(file);
    else if (/^[0-9a-f]{64}/.test(entry.name)) files.push({ file, ...fs.statSync(file) });
  }
};
walk('/store');
const last = files.filter(({ size }) => size > 1000).sort((a, b) => b.mtimeMs - a.mtimeMs).slice(0, 5);
for (const { file, size } of last) {
  fs.chmodSync(file, 0o600);
  const open = fs.openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const at = Math.floor(size / 2);
  fs.readSync(open, byte, 0, 1, at);
  byte[0] ^= 1;
  fs.writeSync(open, byte, 0, 1, at);
  fs.fsyncSync(open);
  fs.closeSync(open);
}
console.log(last.length + ' blobs damaged');
process.exit(last.length > 0 ? 0 : 1);
`;

/** Turns one bit in each of the blobs that came into the registry's volume last, from a pod beside it. */
export async function damageRegistry(client: KubeClient, signal: AbortSignal): Promise<string> {
  const [registry] = await registryPods(client, signal);
  if (registry === undefined)
    throw installerError('REHEARSAL_FAILED', { subject: STORE_SERVICE, detail: 'no pod of the registry' });
  const reference = { apiVersion: 'v1', kind: 'Pod', metadata: { name: POD, namespace: NAMESPACE } };
  await client.create(damagingPod(registry), { signal });
  try {
    const ended = await waitUntil({
      client,
      selections: [{ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE }],
      look: async () => {
        const pod = await client.get(reference, { signal });
        return /^(?:Succeeded|Failed)$/.test(textAt(pod, 'status', 'phase') ?? '') ? pod : undefined;
      },
      timeoutMs: PATIENCE_MS,
      late: () => installerError('REHEARSAL_FAILED', { subject: POD, detail: 'it did not end' }),
      signal,
    });
    const said = await client.podLogs(
      { namespace: NAMESPACE, pod: POD, container: 'damage', tailLines: 5 },
      { signal },
    );
    if (textAt(ended, 'status', 'phase') === 'Succeeded') return (said ?? '').trim();
    throw installerError('REHEARSAL_FAILED', { subject: POD, detail: said });
  } finally {
    await client.delete(reference, { signal });
  }
}

function damagingPod(registry: KubeObject): KubeObject {
  const [container] = listAt(registry, 'spec', 'containers');
  const volume = listAt(registry, 'spec', 'volumes').find((one) =>
    textAt(one, 'persistentVolumeClaim', 'claimName'),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: POD, namespace: NAMESPACE },
    spec: {
      // The volume may be had on this node alone.
      nodeName: textAt(registry, 'spec', 'nodeName'),
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      // As the registry has them: the files are its user's.
      securityContext: objectAt(registry, 'spec', 'securityContext'),
      containers: [
        {
          name: 'damage',
          image: textAt(container, 'image'),
          command: ['/usr/local/bin/node', '-e', SCRIPT],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [{ name: 'store', mountPath: '/store' }],
        },
      ],
      volumes: [
        {
          name: 'store',
          persistentVolumeClaim: { claimName: textAt(volume, 'persistentVolumeClaim', 'claimName') },
        },
      ],
    },
  };
}
