import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../../apply/object.ts';
import type { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { CloudAccount } from '../../api/cloud-account.ts';
import { Cluster } from '../../api/cluster.ts';
import { Gateway } from '../../api/gateway.ts';
import { API_VERSION } from '../../api/group.ts';
import type { InfrastructureState } from '../../api/infrastructure.ts';
import type { Report } from '../../desired/report.ts';
import { platformError } from '../../errors.ts';
import { clusterLayerName } from '../compile/gateway/layer-names.ts';
import { isSystemLayer, type SystemPackName, systemPackNames } from '../compile/gateway/system-packs.ts';
import { GATEWAY, PROVISION, samplePacks } from '../compile/gateway/testing/sample-gateway.ts';
import { openSealed, sampleSealing } from '../compile/testing/sample.ts';
import { conditionOf } from '../controller/conditions.ts';
import { type Controllers, startControllers } from '../controller/start-controllers.ts';
import {
  clusterObject,
  KEY,
  PROJECT,
  readCluster,
  reportOf,
  startHubCluster,
} from '../controller/testing/hub-cluster.ts';
import { envelopes, HUB, sampleSign, storedRevisions } from '../controller/testing/sample-world.ts';
import type { AgentIdentity } from '../door/ports.ts';
import { hashToken, readToken } from '../enroll/token.ts';
import { StoredAccount, StoredEnrollment, StoredGateway } from '../watched/stored.ts';
import { watchAll } from '../watched/testing/watch-all.ts';
import { checkMade, refuseDeletion } from './check-object.ts';
import { GatewayObjects } from './gateway-objects.ts';

const LIMIT_MS = 60_000;
const SHOP = clusterLayerName(PROJECT, 'shop');

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    assert.ok(performance.now() < end, `${what} did not happen within ${LIMIT_MS / 1000} s`);
    await sleep(20);
  }
}

const catalog = {
  versions: async (name: string) => (isKnown(name) ? ['1.0.0'] : []),
  pack: async (name: string, version: string) => {
    const pack = isKnown(name) ? samplePacks(name, version) : undefined;
    if (pack === undefined) throw platformError('PACK_NOT_FOUND', { subject: name });
    return { ...pack, chart: { digest: pack.digest, size: 1, mediaType: '' }, configBytes: 1 };
  },
};

function isKnown(name: string): name is SystemPackName {
  return systemPackNames.some((known) => known === name);
}

const STATE: InfrastructureState = {
  phase: 'Provisioning',
  controlPlane: { ready: 0, wanted: 1 },
  pools: [{ name: 'workers', ready: 0, wanted: 2, code: 'QUOTA_EXCEEDED' }],
  machines: [{ name: 'shop-1', pool: 'control-plane', phase: 'creating', since: '2026-01-01T00:00:00Z' }],
};

describe('a gateway at the hub', { timeout: 300_000 }, () => {
  let server: ScriptedApiServer;
  let stop: AbortController;
  let controllers: Controllers;
  let objects: GatewayObjects;
  let reports = 0;
  const agent: AgentIdentity = {
    project: PROJECT,
    name: 'site',
    key: KEY,
    publicKey: generateKeyPairSync('ed25519').publicKey,
  };

  beforeEach(async () => {
    server = await startHubCluster();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
    server.put(clusterObject('site'));
    server.put(made('Gateway', 'gw', GATEWAY), secret({ 'skerry.dev/use': 'cloud' }));
    server.put(
      made('CloudAccount', 'vc', {
        type: 'vsphere',
        gateway: 'gw',
        endpoint: 'https://vc.site',
        credentials: { name: 'vc-login' },
      }),
    );
    server.put(made('Cluster', 'shop', { provision: PROVISION }));
    stop = new AbortController();
    const client = server.client();
    const watched = watchAll(client, stop.signal);
    objects = new GatewayObjects(watched);
    reports = 0;
    let ids = 0;
    controllers = startControllers({
      client,
      watched,
      gateways: objects,
      catalog,
      checkPlacement: () => [],
      randomId: () => `id${ids++}`,
      store: new MemoryStore(),
      platformRegistry: { address: 'registry.test', packsPrefix: 'skerry/packs' },
      openRegistry: () => assert.fail('no other registry is named'),
      door: () => HUB,
      agentImage: async () => undefined,
      sealing: sampleSealing(),
      sign: sampleSign,
      namespace: 'skerry-system',
      identity: 'one',
      log: {
        info: () => undefined,
        warn: (fields, message) => assert.fail(`${message} ${JSON.stringify(fields)}`),
      },
      signal: stop.signal,
    });
  });

  afterEach(async () => {
    stop.abort();
    await controllers.stopped;
    await server.close();
  });

  function made(kind: string, name: string, spec: object): KubeObject {
    return { apiVersion: API_VERSION, kind, metadata: { name, namespace: PROJECT }, spec };
  }

  function secret(labels: Record<string, string>): KubeObject {
    const annotations = { 'skerry.dev/hosts': 'vc.site' };
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'vc-login', namespace: PROJECT, labels, annotations },
      data: { password: Buffer.from('hunter2').toString('base64') },
    };
  }

  const find = (kind: string, name: string) => server.objects.find(`${kind}.skerry.dev ${PROJECT}/${name}`);
  const newest = () => envelopes(server).at(-1);
  const layer = (name: string) => newest()?.layers.find((one) => one.name === name);
  const condition = (name: string, type: string) =>
    conditionOf(readCluster(server, name).status.conditions, type);

  /** What the gateway's agent says that has made everything so. */
  async function say(more: Partial<Report> = {}): Promise<void> {
    let current = await controllers.revisions.current(agent);
    for (let tries = 0; current?.number !== newest()?.number && tries < 500; tries++) {
      await sleep(20);
      current = await controllers.revisions.current(agent);
    }
    assert.ok(current !== undefined);
    const envelope = newest();
    const number = ++reports;
    const layers = (envelope?.layers ?? []).map(({ name }) => ({
      name,
      version: '1.0.0',
      digest: 'sha256:1',
      state: 'ready' as const,
    }));
    const removed = (envelope?.remove ?? []).map(({ name }) => name);
    const report = reportOf(
      'site',
      { number: current.number, digest: current.digest },
      { number, layers, removed, ...more },
    );
    await controllers.status.reported(agent, report, `sha256:${number}`, 'network');
  }

  const gatewayPart = (state: InfrastructureState): Report['gateway'] => ({
    running: 1,
    accounts: [
      { project: PROJECT, name: 'vc', state: { verified: true, at: '2026-01-01T00:00:00Z' } },
      { project: PROJECT, name: 'another', state: { verified: true, at: '2026-01-01T00:00:00Z' } },
    ],
    clusters: [
      { project: PROJECT, name: 'shop', state },
      { project: PROJECT, name: 'site', state },
    ],
  });

  function remove(kind: string, name: string): void {
    server.objects.delete(`${kind}.skerry.dev ${PROJECT}/${name}`);
  }

  test('makes layers of accounts and clusters, and lets the agents in by a token of its own', async () => {
    await until('the layer', () => layer(SHOP) !== undefined);
    assert.ok(newest()?.layers.every(isSystemLayer));
    assert.deepEqual(openSealed(layer('account-vc')?.sealed), { credentials: { password: 'hunter2' } });
    const sealed = openSealed(layer(SHOP)?.sealed);
    const token = readToken(JSON.parse(JSON.stringify(sealed)).enrollment.token);
    assert.ok(token !== undefined);
    const { spec } = StoredEnrollment.parse(find('Enrollment', token.enrollment));
    assert.deepEqual([spec.cluster, spec.autoAccept, spec.tokenHash], ['shop', true, hashToken(token)]);
    await until('held', () => readCluster(server, 'shop').metadata.finalizers.length === 1);
    const { uid, annotations } = readCluster(server, 'shop').metadata;
    assert.equal(annotations['skerry.dev/machines'], uid);
    await until('accepted', () => condition('shop', 'ProvisionAccepted')?.status === 'True');
    assert.equal(condition('shop', 'Provisioned')?.reason, 'WaitingForGateway');
    assert.equal(storedRevisions(server).length, 1);
  });

  test('tells what its agent says to those whom it is about, and to nobody else', async () => {
    await until('the layer', () => layer(SHOP) !== undefined);
    await say({ gateway: gatewayPart(STATE) });
    await until(
      'the state',
      () => readCluster(server, 'shop').status.infrastructure?.phase === 'Provisioning',
    );
    await until('the message', () =>
      /workers 0 of 2 \(QUOTA_EXCEEDED\)/.test(condition('shop', 'Provisioned')?.message ?? ''),
    );
    await until(
      'the account',
      () => StoredAccount.parse(find('CloudAccount', 'vc')).status.verified === true,
    );
    await until('the gateway', () => StoredGateway.parse(find('Gateway', 'gw')).status.clusters === 2);
    assert.equal(readCluster(server, 'site').status.infrastructure, undefined);
    const writes = () =>
      server.calls.filter((call) => /^PUT .*(cloudaccounts|gateways|clusters\/shop).*status/.test(call))
        .length;
    await until('ready', () => condition('shop', 'Provisioned')?.status === 'False');
    const before = writes();
    // The same again is nothing to write down.
    await say({ gateway: gatewayPart(STATE) });
    await say({ gateway: gatewayPart({ ...STATE, phase: 'Provisioned' }) });
    await until('provisioned', () => condition('shop', 'Provisioned')?.status === 'True');
    assert.ok(writes() - before <= 2, `${writes() - before} writes`);
  });

  test('goes on with the others when a definition is wrong, and says why', async () => {
    server.put(made('Cluster', 'wrong', { provision: { ...PROVISION, endpoint: {} } }));
    await until('the code', () => condition('wrong', 'ProvisionAccepted')?.reason === 'ENDPOINT_MISSING');
    await until('the other', () => layer(SHOP) !== undefined);
    assert.equal(layer(clusterLayerName(PROJECT, 'wrong')), undefined);
  });

  test('has AWS’s provider start again when its agent has new keys, and no sooner', async () => {
    const keys = (secretAccessKey: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'aws-keys', namespace: PROJECT, labels: { 'skerry.dev/use': 'cloud' } },
      data: { secretAccessKey: Buffer.from(secretAccessKey).toString('base64') },
    });
    const account = { type: 'aws', gateway: 'gw', credentials: { name: 'aws-keys' } };
    server.put(keys('old'), made('CloudAccount', 'aws', account));
    const started = () => layer('cluster-api-aws')?.values.credentials;
    const sealed = () => openSealed(layer('account-aws')?.sealed);
    await until('the layers', () => started() !== undefined && sealed() !== undefined);
    await say();
    await until('the first keys are in place', () => `${started()}`.startsWith('aws:'));
    await say();
    const before = started();
    server.objects.replace(keys('new'));
    // A Secret wakes nobody; the account does.
    const { metadata } = find('CloudAccount', 'aws') ?? assert.fail();
    const changed = made('CloudAccount', 'aws', { ...account, requestsPerSecond: 5 });
    server.objects.replace({ ...changed, metadata });
    const isChanged = () => layer('account-aws')?.values.requestsPerSecond === 5;
    await until('new keys', () => isChanged() && JSON.stringify(sealed()).includes('"new"'));
    assert.equal(started(), before);
    await say();
    await until('it starts again', () => started() !== before);
  });

  test('lets a cluster go once its machines have gone, and then its account, and then itself', async () => {
    await until('the layer', () => layer(SHOP) !== undefined);
    await until('held', () => readCluster(server, 'shop').metadata.finalizers.length === 1);
    await until(
      'the account held',
      () => StoredAccount.parse(find('CloudAccount', 'vc')).metadata.finalizers.length === 1,
    );
    await until(
      'the gateway held',
      () => StoredGateway.parse(find('Gateway', 'gw')).metadata.finalizers.length === 1,
    );
    assert.equal(refuseDeletion(objects, CloudAccount, PROJECT, 'vc')?.code, 'ACCOUNT_IN_USE');
    assert.equal(refuseDeletion(objects, Gateway, PROJECT, 'gw')?.code, 'GATEWAY_IN_USE');
    assert.equal(refuseDeletion(objects, Cluster, PROJECT, 'site')?.code, 'GATEWAY_IN_USE');
    await say({ gateway: gatewayPart(STATE) });
    remove('Cluster', 'shop');
    await until('the removal', () => newest()?.remove.some(({ name }) => name === SHOP) === true);
    await until('it waits', () => condition('shop', 'MachinesGone')?.reason === 'Removing');
    // An agent that has not removed it yet holds it.
    await say({ removed: [] });
    assert.ok(find('Cluster', 'shop') !== undefined);
    await say();
    await until('the cluster gone', () => find('Cluster', 'shop') === undefined);
    remove('CloudAccount', 'vc');
    await until('its layer named', () => newest()?.remove.some(({ name }) => name === 'account-vc') === true);
    await say();
    await until('the account gone', () => find('CloudAccount', 'vc') === undefined);
    remove('Gateway', 'gw');
    await until('nothing left', () => newest()?.layers.length === 0);
    await until('the gateway gone', () => find('Gateway', 'gw') === undefined);
  });

  test('holds what is protected, unless its name is said', async () => {
    server.put(made('Cluster', 'safe', { provision: { ...PROVISION, deletion: 'protect' } }));
    server.put(made('Cluster', 'old', { provision: { ...PROVISION, deletion: 'protect', abandon: 'old' } }));
    await until('both', () => objects.cluster(`${PROJECT}/old`) !== undefined);
    assert.equal(refuseDeletion(objects, Cluster, PROJECT, 'safe')?.code, 'CLUSTER_PROTECTED');
    assert.equal(refuseDeletion(objects, Cluster, PROJECT, 'old'), undefined);
  });

  test('keeps what nobody is deleting, also when objects are gone behind its back', async () => {
    await until('the layer', () => layer(SHOP) !== undefined);
    await until('held', () => readCluster(server, 'shop').metadata.finalizers.length === 1);
    const object = find('Cluster', 'shop');
    assert.ok(object !== undefined);
    // As a restored backup that knows nothing of it.
    server.objects.replace({ ...object, metadata: { ...object.metadata, finalizers: [] } });
    remove('Cluster', 'shop');
    server.put(made('Cluster', 'other', { provision: { ...PROVISION, pools: [] } }));
    await until('another layer', () => layer(clusterLayerName(PROJECT, 'other')) !== undefined);
    assert.ok(layer(SHOP) !== undefined);
    assert.deepEqual(newest()?.remove, []);
  });

  test('is asked before a cluster is written, and may be waited for', async () => {
    const check = async (provision: object) => {
      const world = { objects, catalog, packsPrefix: 'skerry/packs', checkPlacement: () => [] };
      const spec = { provision: { ...PROVISION, ...provision } };
      return (await checkMade(world, { project: PROJECT, name: 'new', spec })).map(({ code }) => code);
    };
    await until(
      'the gateway',
      () => objects.gateway(PROJECT, 'gw') !== undefined && objects.account(PROJECT, 'vc') !== undefined,
    );
    assert.deepEqual(await check({}), []);
    assert.deepEqual(await check({ account: 'none' }), ['ACCOUNT_UNKNOWN']);
    assert.deepEqual(await check({ kubernetes: '1.99' }), ['KUBERNETES_UNKNOWN']);
    const account = { type: 'vsphere', endpoint: 'https://vc.site', credentials: { name: 'vc-login' } };
    server.put(made('CloudAccount', 'stray', { ...account, gateway: 'none' }));
    await until('the stray account', () => objects.account(PROJECT, 'stray') !== undefined);
    assert.deepEqual(await check({ account: 'stray' }), ['GATEWAY_UNKNOWN']);
  });

  test('says when the cluster that is to do its work has no agent', async () => {
    server.put(made('Cluster', 'plain', {}), made('Gateway', 'early', { ...GATEWAY, cluster: 'plain' }));
    await until('the condition', () =>
      JSON.stringify(find('Gateway', 'early')?.status ?? {}).includes('GATEWAY_NOT_ENROLLED'),
    );
  });
});
