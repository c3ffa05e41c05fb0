import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../apply/clock.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { platformError } from '../../errors.ts';
import { clusterObject, PROJECT, readCluster, startHubCluster } from '../controller/testing/hub-cluster.ts';
import { type PushOptions, pushAgent } from './push.ts';

const SECRET = { name: 'kubeconfigs', key: 'edge' };
const NAME = { project: PROJECT, name: 'edge' };
const DEPLOYMENT = 'Deployment.apps skerry-system/skerry-agent';
const HUB = 'ConfigMap skerry-system/skerry-agent-hub';
const TOKEN = 'Secret skerry-system/skerry-agent-token';
const IMAGE = 'localhost:31999/agent:1@sha256:a';

describe('a cluster with a kubeconfig', () => {
  let hub: ScriptedApiServer;
  let target: ScriptedApiServer;
  let image = IMAGE;
  const tokens = new Map();

  beforeEach(async () => {
    [hub, target] = await Promise.all([startHubCluster(), ScriptedApiServer.start()]);
    image = IMAGE;
    tokens.clear();
    hub.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: SECRET.name, namespace: PROJECT, labels: { 'skerry.dev/use': 'kubeconfig' } },
      data: { [SECRET.key]: Buffer.from('sesame').toString('base64') },
    });
  });
  afterEach(async () => await Promise.all([hub.close(), target.close()]));

  const push = async (more: Partial<PushOptions> = {}) =>
    await pushAgent(
      {
        client: hub.client(),
        clusters: { subscribe: () => () => undefined },
        catalog: {
          pack: async (name) => Promise.reject(platformError('PACK_NOT_FOUND', { subject: name })),
          versions: async () => [],
        },
        door: () => ({ urls: ['https://hub.example:8444'], authorities: ['ca'], keys: ['key'] }),
        image: async () => image,
        version: '0.1.0',
        registry: { ip: '192.0.2.1', port: 31999 },
        now: () => new Date('2026-01-01T00:00:00Z'),
        randomId: () => Math.random().toString(36).slice(2, 10),
        connect: () => target.client(),
        clock: systemClock,
        onError: (error) => assert.ifError(error),
        signal: new AbortController().signal,
        ...more,
      },
      tokens,
      NAME,
    );
  const condition = () =>
    readCluster(hub, 'edge').status.conditions?.find(({ type }) => type === 'AgentInstalled');
  const enrollments = () => hub.names().filter((name) => name.startsWith('Enrollment'));
  const newCluster = () => ({ ...clusterObject('edge'), spec: { kubeconfig: SECRET }, status: {} });

  test('gets the agent with a token that lets it in, once however often it is looked at', async () => {
    hub.put(newCluster());
    await push();
    await push();
    assert.equal(condition()?.status, 'True');
    assert.ok(target.objects.find(DEPLOYMENT) !== undefined);
    assert.match(decoded(textAt(target.objects.find(TOKEN), 'data', 'token')), /^team\.e-/);
    assert.equal(enrollments().length, 1);
    assert.equal(textAt(enrollmentsOf(hub)[0], 'spec', 'cluster'), 'edge');
  });

  test('gets no further token once it had an agent: a key that was revoked stays out', async () => {
    hub.put({ ...clusterObject('edge'), spec: { kubeconfig: SECRET } });
    await push();
    assert.deepEqual(enrollments(), []);
    assert.equal(target.objects.find(TOKEN), undefined);
  });

  test('keeps the version that its agent has become', async () => {
    hub.put(newCluster());
    await push();
    image = 'localhost:31999/agent:2@sha256:b';
    await push();
    const [container] = listAt(target.objects.find(DEPLOYMENT), 'spec', 'template', 'spec', 'containers');
    assert.equal(textAt(container, 'image'), IMAGE);
  });

  test('is left alone when the agent of another cluster is there', async () => {
    target.put(hubOf({ project: 'other', name: 'edge' }));
    hub.put(newCluster());
    await push();
    assert.deepEqual([condition()?.status, condition()?.reason], ['False', 'AGENT_OF_ANOTHER_CLUSTER']);
    assert.equal(target.objects.find(DEPLOYMENT), undefined);
    assert.deepEqual(enrollments(), []);
  });

  test('is left alone when another hub has a cluster of this name there', async () => {
    target.put(hubOf(NAME, ['another key']));
    hub.put(newCluster());
    await push();
    assert.deepEqual([condition()?.status, condition()?.reason], ['False', 'AGENT_OF_ANOTHER_HUB']);
    assert.match(condition()?.message ?? '', /elsewhere/);
    assert.equal(target.objects.find(DEPLOYMENT), undefined);
    assert.match(textAt(target.objects.find(HUB), 'data', 'hub.json') ?? '', /elsewhere/);
    assert.deepEqual(enrollments(), []);
  });

  test('is known for its own by its UID, should all keys of the hub have changed meanwhile', async () => {
    const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
    target.put(hubOf(NAME, ['an old key']), system);
    const uid = target.objects.find('Namespace kube-system')?.metadata.uid;
    hub.put({ ...newCluster(), status: { id: uid } });
    await push();
    assert.equal(condition()?.status, 'True');
  });

  test('has a Secret used only that says itself that it is for this', async () => {
    hub.put(newCluster());
    const secret = hub.objects.find(`Secret ${PROJECT}/${SECRET.name}`);
    assert.ok(secret !== undefined);
    hub.objects.replace({ ...secret, metadata: { ...secret.metadata, labels: {} } });
    await push();
    assert.deepEqual([condition()?.status, condition()?.reason], ['False', 'SECRET_NOT_LENT']);
    assert.deepEqual(target.names(), []);
  });

  test('says in a condition what is wrong with its kubeconfig, and nothing that is in it', async () => {
    hub.put(newCluster());
    await push({ connect: undefined });
    assert.deepEqual([condition()?.status, condition()?.reason], ['False', 'KUBECONFIG_INVALID']);
    assert.doesNotMatch(JSON.stringify(condition()), /sesame/);
    hub.objects.delete(`Secret ${PROJECT}/${SECRET.name}`);
    await push();
    assert.equal(condition()?.reason, 'SECRET_MISSING');
  });
});

function hubOf(cluster: object, keys = ['key']): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'skerry-agent-hub', namespace: 'skerry-system' },
    data: {
      'hub.json': JSON.stringify({
        cluster,
        keys,
        urls: ['https://elsewhere.example:8444'],
        authorities: [],
      }),
    },
  };
}

function enrollmentsOf(server: ScriptedApiServer): KubeObject[] {
  return server.objects.all().filter(({ kind }) => kind === 'Enrollment');
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}
