import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { listAt, textAt } from '../../../apply/json.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { agentObjects } from '../../desired/agent-objects.ts';
import { StoredInfraCluster } from '../controllers/stored.ts';
import { installAgent } from './install-agent.ts';

const IMAGE = 'localhost:31999/agent:1@sha256:a';
const signal = new AbortController().signal;
const NAMESPACE = 'clusters-team';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a cluster that was made', () => {
  let gateway: ScriptedApiServer;
  let target: ScriptedApiServer;
  beforeEach(async () => {
    [gateway, target] = await Promise.all([ScriptedApiServer.start(), ScriptedApiServer.start()]);
    const own = agentObjects({
      namespace: 'skerry-system',
      image: IMAGE,
      urls: ['https://hub.example:8444'],
      authorities: ['ca'],
      keys: ['key'],
      registry: { ip: '192.0.2.1', port: 31999 },
      cluster: { project: 'team', name: 'gateway' },
      rules: [],
      version: '0.2.0',
    });
    gateway.put(...own.filter(({ kind }) => kind !== 'Namespace'));
    const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['create'] }];
    gateway.put(
      secret('edge-kubeconfig', { value: 'sesame' }),
      secret('edge.enrollment', { token: 'team.e-1.secret', rules: JSON.stringify(rules) }),
    );
  });
  afterEach(async () => await Promise.all([gateway.close(), target.close()]));
  const install = async () => {
    await installAgent({ client: gateway.client() }, cluster(), signal, (kubeconfig) => {
      assert.equal(kubeconfig, 'sesame');
      return target.client();
    });
  };
  const found = (id: string) => target.objects.find(id);

  test("gets an agent like the gateway's own, with its token and its rights, once however often it is looked at", async () => {
    await install();
    await install();
    const deployment = found('Deployment.apps skerry-system/skerry-agent');
    const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
    assert.equal(textAt(container, 'image'), IMAGE);
    const hub: unknown = JSON.parse(
      textAt(found('ConfigMap skerry-system/skerry-agent-hub'), 'data', 'hub.json') ?? '',
    );
    assert.deepEqual(hub, {
      authorities: ['ca'],
      cluster: { name: 'edge', project: 'team' },
      keys: ['key'],
      urls: ['https://hub.example:8444'],
    });
    const token = textAt(found('Secret skerry-system/skerry-agent-token'), 'data', 'token');
    assert.equal(token, base64('team.e-1.secret'));
    const role = found('ClusterRole.rbac.authorization.k8s.io skerry-agent');
    assert.ok(
      listAt(role, 'rules').some(
        (rule) => listAt(rule, 'verbs').includes('create') && listAt(rule, 'apiGroups').includes('apps'),
      ),
    );
    const slice = found('EndpointSlice.discovery.k8s.io skerry-system/skerry-registry-hub');
    assert.deepEqual(listAt(listAt(slice, 'endpoints')[0], 'addresses'), ['192.0.2.1']);
  });

  test('is left alone when the agent of another cluster is there', async () => {
    const metadata = { name: 'skerry-agent-hub', namespace: 'skerry-system' };
    const data = { 'hub.json': JSON.stringify({ cluster: { project: 'team', name: 'other' } }) };
    target.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    await assert.rejects(install(), (error) => isSkerryError(error, 'AGENT_OF_ANOTHER_CLUSTER'));
    assert.equal(found('Deployment.apps skerry-system/skerry-agent'), undefined);
  });

  test('waits while the gateway has no agent of its own', async () => {
    gateway.objects.delete('Deployment.apps skerry-system/skerry-agent');
    await assert.rejects(install(), (error) => isSkerryError(error, 'AGENT_NOT_PUSHABLE'));
  });
});

function secret(name: string, texts: Readonly<Record<string, string>>) {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64(text)]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, data };
}

function cluster() {
  return StoredInfraCluster.parse({
    metadata: { name: 'edge', namespace: NAMESPACE, uid: 'u' },
    spec: {
      origin: { project: 'team', name: 'edge', id: 'id' },
      account: { namespace: NAMESPACE, name: 'lab' },
      enrollment: { name: 'edge.enrollment' },
    },
  });
}
