import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isSkerryError } from '../../../content/error.ts';
import { type KubeconfigRouteOptions, kubeconfigRoute } from './kubeconfig-route.ts';

const ISSUER = 'https://issuer.example';
const ACCESS = { server: 'https://10.0.0.5:6443', ca: 'a certificate' };

function asking(cluster: { spec?: object; status?: object }, options: Partial<KubeconfigRouteOptions> = {}) {
  const found = {
    ...{ apiVersion: 'skerry.dev/v1alpha1', kind: 'Cluster', metadata: { name: 'a', namespace: 'shop' } },
    ...{ spec: {}, ...cluster },
  };
  const clusters = { get: (key: string) => (key === 'shop/a' ? found : undefined) };
  const { prepare, response } = kubeconfigRoute({ clusters, issuer: ISSUER, ...options });
  return async (name = 'a') => {
    const { answer } = prepare({ params: { project: 'shop', name }, query: {}, headers: {} });
    const caller = { host: 'hub.example:31843', search: '' };
    const asker = { user: { username: 'u' }, caller, signal: new AbortController().signal };
    return Object(response.parse(await answer(asker)));
  };
}

const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

test('a kubeconfig holds no secret: kubectl asks skerry for the token of the hub’s login', async () => {
  const { kubeconfig, hub, issuer } = await asking({ spec: { access: ACCESS } })();
  assert.deepEqual([hub, issuer], ['https://hub.example:31843', ISSUER]);
  const { clusters, users, contexts, 'current-context': current } = parse(kubeconfig);
  assert.deepEqual(clusters, [
    {
      name: 'a',
      cluster: {
        server: ACCESS.server,
        'certificate-authority-data': Buffer.from(ACCESS.ca).toString('base64'),
      },
    },
  ]);
  const { exec, ...rest } = users[0].user;
  assert.deepEqual(rest, {});
  assert.deepEqual([exec.command, exec.args], ['skerry', ['kubectl-credential', '--hub', hub]]);
  assert.deepEqual([contexts[0].context, current], [{ cluster: 'a', user: 'skerry' }, 'a']);
});

test('a cluster that was made is reached where its machines say, unless it says so itself', async () => {
  const infrastructure = {
    phase: 'Provisioned',
    endpoint: 'https://10.0.0.9:6443',
    controlPlane: { ready: 1, wanted: 1 },
  };
  const status = { infrastructure: { ...infrastructure, pools: [], machines: [] } };
  assert.equal((await asking({ status })()).server, 'https://10.0.0.9:6443');
  assert.equal((await asking({ status, spec: { access: ACCESS } })()).server, ACCESS.server);
  assert.equal((await asking({ status }, { publicUrl: 'https://hub.site' })()).hub, 'https://hub.site');
});

test('where it would be of no use there is none, and why is said', async () => {
  await assert.rejects(asking({})(), coded('KUBECONFIG_UNAVAILABLE'));
  await assert.rejects(
    asking({ spec: { access: ACCESS } }, { issuer: undefined })(),
    coded('KUBECONFIG_UNAVAILABLE'),
  );
  await assert.rejects(asking({ spec: { access: ACCESS } })('b'), coded('OBJECT_NOT_FOUND'));
});
