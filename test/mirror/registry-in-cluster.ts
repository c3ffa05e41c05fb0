import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { at, textAt } from '../../apply/json.ts';
import { openRemote, type RemoteStore } from '../../content/remote/store.ts';
import type { ApplySite } from '../charts/apply-site.ts';
import { until } from '../fleet/until.ts';

const PORT = 5000;

export interface RegistryInCluster extends AsyncDisposable {
  /** As pods name it. */
  readonly url: string;
  /** As the test, which is outside, reaches it. */
  readonly store: RemoteStore;
}

/** A registry in a pod, to which everybody may push, and its Service. */
export async function startRegistryIn(
  { client, cluster }: ApplySite,
  namespace: string,
  name: string,
  image: string,
): Promise<RegistryInCluster> {
  const labels = { app: name };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } };
  await client.apply({ ...service, spec: { selector: labels, ports: [{ port: PORT }] } });
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
  await client.apply({
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: {
      containers: [
        {
          name: 'registry',
          image,
          args: ['registry', 'serve', '--store', '/store/registry', '--listen', `0.0.0.0:${PORT}`],
          readinessProbe: { httpGet: { path: '/healthz', port: PORT }, periodSeconds: 1 },
          volumeMounts: [{ name: 'store', mountPath: '/store' }],
        },
      ],
      securityContext: { fsGroup: 65532 },
      volumes: [{ name: 'store', emptyDir: {} }],
      terminationGracePeriodSeconds: 1,
    },
  });
  await until(`the registry ${name}`, async () => await client.get(pod), {
    holds: (found) => JSON.stringify(at(found, 'status', 'containerStatuses') ?? []).includes('"ready":true'),
  });
  const address = textAt(await client.get(service), 'spec', 'clusterIP') ?? '';
  const tunnel = await tunnelTo(() => cluster.connect(address, PORT));
  const store = openRemote(`127.0.0.1:${tunnel.port}`);
  return {
    url: `http://${name}.${namespace}.svc:${PORT}`,
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      tunnel.close();
    },
  };
}

/** A port of this machine that leads to where `connect` does. */
async function tunnelTo(connect: () => Promise<Socket>): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    connect().then(
      (far) => {
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from);
          from.on('error', () => to.destroy()).on('close', () => to.destroy());
          from.pipe(to);
        }
      },
      () => near.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a tunnel listens on a port');
  return {
    port: bound.port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
