import { generateKeyPairSync } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Parser } from 'tar';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

const NAMESPACE = 'skerry-system';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const RESTARTED_MS = 90_000;

/** Secrets that stand where secrets come to stand by mistake. */
export const PLANTED = {
  secret: 'planted-secret-31f7',
  docker: 'planted-docker-52c9',
  args: 'planted-args-77aa',
  env: 'planted-env-90be',
  url: 'planted-url-11d4',
  log: 'planted-log-6a02',
  yaml: 'planted-yaml-c3d8',
  annotation: 'planted-annotation-e1b5',
} as const;

const LABELS = { 'app.kubernetes.io/part-of': 'skerry' };

function objects(image: string): readonly object[] {
  const auth = Buffer.from(`me:${PLANTED.docker}`).toString('base64');
  const metadata = (name: string) => ({ name, namespace: NAMESPACE, labels: LABELS });
  // Says what no program should: its password, plain and in base64, a login in an address, its key; and dies.
  const script = [
    'echo "login with password=$OTHER failed"',
    'echo "got $PASSWORD and $(printf "me:%s" "$PASSWORD" | base64)"',
    `echo "GET https://me:${PLANTED.url}@host.example/ with docker ${PLANTED.docker}"`,
    `echo '{"token":"${PLANTED.log}"}'`,
    'cat /planted/tls.key',
    'echo an ordinary line',
    'exit 3',
  ].join('\n');
  return [
    {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: metadata('planted'), type: 'Opaque' },
      stringData: {
        ...{ password: PLANTED.secret, 'tls.key': PEM },
        '.dockerconfigjson': JSON.stringify({ auths: { 'host.example': { auth } } }),
      },
    },
    {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('planted') },
      data: { 'mail.yaml': `host: mail\nsmtpPassword: ${PLANTED.yaml}\n` },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: {
        ...metadata('planted'),
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ env: PLANTED.annotation }),
        },
      },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'planted',
            image,
            command: ['sh', '-c', script, 'planted', '--password', PLANTED.args],
            env: [
              { name: 'OTHER', value: PLANTED.log },
              { name: 'API_TOKEN', value: PLANTED.env },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'planted', key: 'password' } } },
            ],
            volumeMounts: [{ name: 'planted', mountPath: '/planted' }],
          },
        ],
        volumes: [{ name: 'planted', secret: { secretName: 'planted' } }],
      },
    },
  ];
}

/** Plants them, with a pod that writes them to its log and has been restarted; gives what takes it all away. */
export async function plant(cluster: Cluster, image: string): Promise<() => Promise<void>> {
  for (const object of objects(image)) await cluster.api.apply(object);
  const path = `/api/v1/namespaces/${NAMESPACE}`;
  const remove = async () => {
    for (const kind of ['pods', 'configmaps', 'secrets']) await cluster.api.remove(`${path}/${kind}/planted`);
  };
  const deadline = performance.now() + RESTARTED_MS;
  for (;;) {
    const pod = Restarts.parse(await cluster.api.get(`${path}/pods/planted`));
    if (pod.status.containerStatuses.some(({ restartCount }) => restartCount > 0)) return remove;
    if (performance.now() > deadline) {
      await remove();
      throw new Error(
        `the planted pod was not restarted within ${RESTARTED_MS} ms: ${JSON.stringify(pod.status)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const Restarts = z.looseObject({
  status: z.looseObject({
    containerStatuses: z.array(z.looseObject({ restartCount: z.int() })).default([]),
  }),
});

/** What of the planted secrets is in a text, in any of the forms in which it was planted. */
export function foundIn(text: string): string[] {
  const forms = Object.entries(PLANTED).flatMap(([where, planted]) => [
    [where, planted],
    [`${where} in base64`, Buffer.from(planted).toString('base64').replace(/=*$/, '')],
    [`${where} in a login`, Buffer.from(`me:${planted}`).toString('base64').replace(/=*$/, '')],
  ]);
  const key = ['the key', PEM.split('\n')[1] ?? ''];
  return [...forms, key].flatMap(([where = '', form = '']) => (text.includes(form) ? [where] : []));
}

/** The files of a tar.gz, in their order. */
export function readArchive(archive: Uint8Array): Map<string, string> {
  const files = new Map<string, string>();
  const parser = new Parser({
    sync: true,
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.set(entry.path, Buffer.concat(chunks).toString()));
    },
  });
  parser.end(gunzipSync(archive));
  return files;
}
