import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';
import { allResources } from '../../platform/provider/resources/index.ts';
import { CoreResource, startCore, type TestCore } from '../../platform/provider/testing/core.ts';
import {
  Dynamic,
  isObjectValue,
  type ObjectValue,
  UNKNOWN,
  type Value,
} from '../../platform/provider/value/value.ts';

const SKERRY = [process.execPath, new URL('../../skerry.ts', import.meta.url).pathname];
const MARK = { number: 1, digest: '', at: '2026-01-01T00:00:00Z' };
const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the provider', () => {
  let hub: ScriptedHub;
  let core: TestCore;

  before(async () => {
    hub = await startScriptedHub({
      permits: ({ username }, { verb }) => username === 'admin' || verb === 'get',
    });
    hub.cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
    await hub.server.listen({ port: 0, host: '127.0.0.1' });
    const address = hub.server.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    core = await startCore(SKERRY, {
      SKERRY_HUB: `https://localhost:${port}`,
      SKERRY_CA: hub.ca,
      SKERRY_TOKEN: 'admin',
      SKERRY_PROJECT: 'north',
    });
    const configured = await core.provider.configureProvider({});
    assert.deepEqual(configured.diagnostics, []);
  });
  after(async () => {
    core.process.kill('SIGKILL');
    await hub.close();
  });

  function resource(typeName: string): CoreResource {
    const attributes = allResources().find((one) => one.typeName === typeName)?.attributes ?? [];
    return new CoreResource(core, typeName, attributes);
  }
  async function made(typeName: string, configured: ObjectValue): Promise<ObjectValue> {
    const { planned, said } = await resource(typeName).plan(null, configured);
    assert.deepEqual(said, []);
    const applied = await resource(typeName).apply(null, planned, configured);
    assert.deepEqual(applied.said, []);
    return objectOf(applied.state);
  }

  test('has a schema for each kind, with what its fields say', async () => {
    const { resourceSchemas, serverCapabilities } = await core.provider.getProviderSchema({});
    assert.deepEqual(
      Object.keys(resourceSchemas).sort(),
      allResources()
        .map(({ typeName }) => typeName)
        .sort(),
    );
    assert.equal(serverCapabilities?.getProviderSchemaOptional, true);
    const packs = resourceSchemas.skerry_cluster_profile?.block?.attributes.find(
      ({ name }) => name === 'packs',
    );
    assert.ok(packs?.required && (packs.nestedType?.attributes.length ?? 0) > 5);
  });

  test('a project and a profile live a whole life, and nothing is planned for what has not changed', async () => {
    const project = await made('skerry_project', { name: 'north', description: 'The north' });
    assert.equal(project.id, 'north');
    const packs = [
      { name: 'podinfo', version: '1.0.0', digest: DIGEST, values: 'a: 1\n', timeout_seconds: 60 },
    ];
    const configured = { name: 'edge', version: '1.0.0', packs };
    const profile = await made('skerry_cluster_profile', configured);
    assert.equal(profile.id, 'north/edge-1.0.0');
    assert.equal(profile.project, 'north');
    const profiles = resource('skerry_cluster_profile');
    const read = objectOf((await profiles.read(profile)).state);
    assert.deepEqual(read, profile);
    const again = await profiles.plan(read, configured);
    assert.deepEqual([again.planned, again.replace], [profile, []]);
    const other = await profiles.plan(read, { ...configured, version: '1.1.0' });
    assert.deepEqual(other.replace, ['version']);
    assert.equal(objectOf(other.planned).id, 'north/edge-1.1.0');
    const { state } = await profiles.importState('edge-1.0.0');
    const imported = await profiles.plan(objectOf(state), configured);
    assert.deepEqual([imported.replace, imported.planned], [[], profile], 'an import has nothing to change');
    assert.deepEqual((await profiles.apply(profile, null, null)).said, []);
    assert.equal((await profiles.read(profile)).state, null, 'gone');
  });

  test('a cluster is changed field by field, and what others wrote stays', async () => {
    const configured: ObjectValue = {
      name: 'shop-1',
      labels: { site: 'north' },
      profiles: [
        {
          name: 'edge',
          version: '1.0.0',
          variables: [
            { name: 'replicas', value: new Dynamic('number', 2) },
            { name: 'hosts', value: new Dynamic(['tuple', ['string']], ['a']) },
          ],
        },
      ],
    };
    const cluster = await made('skerry_cluster', configured);
    const clusters = resource('skerry_cluster');
    const key = `SHA256:${'A'.repeat(43)}`;
    hub.cluster.objects.patch('Cluster.skerry.dev north/shop-1', { spec: { agent: { key } } });
    const read = objectOf((await clusters.read(cluster)).state);
    assert.deepEqual(read, cluster, 'the key that was accepted is nobody else’s');
    const paused = { ...configured, paused: true, labels: null };
    const { planned, replace } = await clusters.plan(read, paused);
    assert.deepEqual(replace, []);
    const { state, said } = await clusters.apply(read, planned, paused);
    assert.deepEqual(said, []);
    assert.equal(objectOf(state).paused, true);
    const stored = hub.cluster.objects.find('Cluster.skerry.dev north/shop-1');
    assert.deepEqual(Object(stored?.spec).agent, { key });
    assert.deepEqual(stored?.metadata.labels ?? {}, {});
  });

  test('what is unknown yet is planned as unknown, and judged when it is known', async () => {
    const packs = [{ name: UNKNOWN, version: '1.0.0', digest: UNKNOWN }];
    const { planned, said } = await resource('skerry_cluster_profile').plan(null, {
      name: 'edge',
      version: '2.0.0',
      packs,
    });
    assert.deepEqual(said, []);
    const [pack] = Object(objectOf(planned).packs);
    assert.equal(pack.name, UNKNOWN);
  });

  test('what the hub refuses is said in the plan, at the element at fault', async () => {
    const packs = [
      { name: 'podinfo', version: '1.0.0', digest: DIGEST },
      { name: 'Not A Name', version: '1.0.0', digest: DIGEST, timeout_seconds: 1 },
    ];
    const { said } = await resource('skerry_cluster_profile').plan(null, {
      name: 'edge',
      version: '3.0.0',
      packs,
    });
    assert.equal(said.length, 2, said.join('\n'));
    for (const line of said)
      assert.match(line, /^packs\.1: FIELD_INVALID in "packs": (name|timeout_seconds): /);
  });

  test('an object of the same name that somebody made later is not taken for the old one', async () => {
    const account = { name: 'dc1', type: 'vsphere', credentials: { name: 'dc1' } };
    const old = await made('skerry_cloud_account', account);
    hub.cluster.objects.delete('CloudAccount.skerry.dev north/dc1');
    await made('skerry_cloud_account', account);
    const accounts = resource('skerry_cloud_account');
    assert.equal((await accounts.read(old)).state, null);
    assert.deepEqual((await accounts.apply(old, null, null)).said, []);
    assert.ok(hub.cluster.objects.find('CloudAccount.skerry.dev north/dc1'), 'it is not deleted');
  });

  test('a cluster that is not complete in time is said not to be, and is waited for again', async () => {
    await made('skerry_cluster', { name: 'slow' });
    const configured = { cluster: 'slow', wait_minutes: 0.01 };
    const completion = resource('skerry_cluster_completion');
    const { planned } = await completion.plan(null, configured);
    const late = await completion.apply(null, planned, configured);
    assert.match(late.said.join(), /CLUSTER_NOT_COMPLETE.*north\/slow: after 0.01 min: Pending/);
    assert.equal(late.state, null, 'nothing that would be tainted');
    hub.cluster.objects.patch('Cluster.skerry.dev north/slow', {
      status: { phase: 'Ready', observedGeneration: 9, desired: MARK, applied: MARK },
    });
    const { state, said } = await completion.apply(null, planned, configured);
    assert.deepEqual(said, []);
    assert.equal(objectOf(state).id, 'north/slow');
  });

  test('a profile under the version that is there is refused in the plan, not made again', async () => {
    const packs = [{ name: 'podinfo', version: '1.0.0', digest: DIGEST }];
    const configured = { name: 'fixed', version: '1.0.0', packs };
    const before = await made('skerry_cluster_profile', configured);
    const profiles = resource('skerry_cluster_profile');
    const { said, replace } = await profiles.plan(before, {
      ...configured,
      packs: [{ name: 'podinfo', version: '1.1.0', digest: DIGEST }],
    });
    assert.deepEqual(replace, []);
    assert.match(said.join(), /^version: OBJECT_IMMUTABLE in "version"/);
  });

  test('a name that is taken is not taken over', async () => {
    const account = { name: 'taken', type: 'vsphere', credentials: { name: 'dc1' } };
    const accounts = resource('skerry_cloud_account');
    const { planned } = await accounts.plan(null, account);
    await made('skerry_cloud_account', account);
    const { said, state } = await accounts.apply(null, planned, account);
    assert.match(said.join(), /OBJECT_EXISTS/);
    assert.equal(state, null);
  });

  test('a token can be had that is in no state', async () => {
    await made('skerry_cluster', { name: 'joins' });
    const { ephemeralResourceSchemas } = await core.provider.getProviderSchema({});
    assert.ok(ephemeralResourceSchemas.skerry_registration_token);
  });

  test('what is no name of an object is imported as none', async () => {
    for (const id of ['a/b/c', '', '/x'])
      assert.match((await resource('skerry_cluster').importState(id)).said.join(), /IMPORT_ID_INVALID/, id);
  });

  test('leaves when its core says so', async () => {
    const first = await startCore(SKERRY);
    assert.equal(await first.shutDown(), 0);
  });
});

function objectOf(value: Value): ObjectValue {
  assert.ok(isObjectValue(value), JSON.stringify(value));
  return value;
}
