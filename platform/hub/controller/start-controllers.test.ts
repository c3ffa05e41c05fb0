import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../apply/clock.ts';
import type { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { API_VERSION } from '../../api/group.ts';
import { sampleSealing } from '../compile/testing/sample.ts';
import type { AgentIdentity } from '../door/ports.ts';
import { GatewayObjects } from '../gateway/gateway-objects.ts';
import { pushSamplePack } from '../testing/sample-packs.ts';
import { watchAll } from '../watched/testing/watch-all.ts';
import { conditionOf } from './conditions.ts';
import { type Controllers, startControllers } from './start-controllers.ts';
import {
  clusterObject,
  editSpec,
  KEY,
  PROJECT,
  profileObject,
  readCluster,
  reportOf,
  startHubCluster,
} from './testing/hub-cluster.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { envelopes, HUB, sampleSign, storedRevisions } from './testing/sample-world.ts';

const PREFIX = 'skerry/packs';
const LIMIT_MS = 20_000;

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    assert.ok(performance.now() < end, `${what} did not happen within ${LIMIT_MS / 1000} s`);
    await sleep(20);
  }
}

describe('the controllers', { timeout: 60_000 }, () => {
  let server: ScriptedApiServer;
  let store: MemoryStore;
  let stop: AbortController;
  const started: Controllers[] = [];
  const agent: AgentIdentity = {
    project: PROJECT,
    name: 'edge',
    key: KEY,
    publicKey: generateKeyPairSync('ed25519').publicKey,
  };

  beforeEach(async () => {
    server = await startHubCluster();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
    store = new MemoryStore();
    stop = new AbortController();
    for (const version of ['1.0.0', '2.0.0']) {
      const { digest } = await pushSamplePack(store, PREFIX, { name: 'web', version });
      server.put(profileObject({ name: 'site', version, packs: [{ name: 'web', version, digest }] }));
    }
    server.put(clusterObject('edge', { profiles: [{ name: 'site', version: '1.0.0' }] }));
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all(started.splice(0).map(({ stopped }) => stopped));
    await server.close();
  });

  function start(
    identity: string,
    more: { clock?: Clock; info?: (fields: object) => void; door?: () => typeof HUB } = {},
  ): Controllers {
    const client = server.client();
    const watched = watchAll(client, stop.signal);
    const controllers = startControllers({
      client,
      watched,
      gateways: new GatewayObjects(watched),
      catalog: { pack: () => assert.fail('no gateway'), versions: () => assert.fail('no gateway') },
      checkPlacement: () => [],
      randomId: () => assert.fail('no gateway'),
      store,
      platformRegistry: { address: 'registry.test', packsPrefix: PREFIX },
      openRegistry: () => assert.fail('no other registry is named'),
      door: more.door ?? (() => HUB),
      agentImage: async () => undefined,
      sealing: sampleSealing(),
      sign: sampleSign,
      namespace: 'skerry-system',
      identity,
      clock: more.clock,
      log: {
        info: more.info ?? (() => undefined),
        warn: (fields, message) => assert.fail(`${message} ${JSON.stringify(fields)}`),
      },
      signal: stop.signal,
    });
    started.push(controllers);
    return controllers;
  }

  /** What an agent would say that has applied what it was offered. */
  async function apply(controllers: Controllers, number: number): Promise<void> {
    const current = await controllers.revisions.current(agent);
    assert.equal(current?.number, number);
    const report = reportOf('edge', { number, digest: current.digest }, { number });
    await controllers.status.reported(agent, report, `sha256:${number}`, 'network');
  }

  test('take a cluster from its profile to an envelope at the door, and from the report to Ready', async () => {
    const controllers = start('one');
    const offered: string[] = [];
    controllers.revisions.onChange(({ name }) => offered.push(name));
    await until('an offer', () => offered.length > 0);
    await apply(controllers, 1);
    await until('Ready', () => readCluster(server, 'edge').status.phase === 'Ready');
    assert.deepEqual(await controllers.status.lastReport(agent), { number: 1, digest: 'sha256:1' });
    editSpec(server, 'edge', { profiles: [{ name: 'site', version: '9.9.9' }] });
    await until('the fault', () => {
      const { conditions } = readCluster(server, 'edge').status;
      return conditionOf(conditions, 'Compiled')?.reason === 'PROFILE_NOT_FOUND';
    });
    editSpec(server, 'edge', { profiles: [{ name: 'site', version: '2.0.0' }] });
    await until('the next envelope', () => storedRevisions(server).length === 2);
    assert.equal(envelopes(server)[1]?.layers[0]?.pack.version, '2.0.0');
  });

  test('name another authority in the envelope of every cluster once they are asked to look', async () => {
    let hub = HUB;
    const { lookAtAll, revisions } = start('one', { door: () => hub });
    const offered: string[] = [];
    revisions.onChange(({ name }) => offered.push(name));
    await until('an offer', () => offered.length > 0);
    hub = { ...HUB, authorities: [...HUB.authorities, 'another'] };
    lookAtAll();
    await until('the next envelope', () => storedRevisions(server).length === 2);
    assert.deepEqual(envelopes(server)[1]?.hub.authorities, hub.authorities);
  });

  test('carry a rollout out', async () => {
    start('one');
    server.put({
      apiVersion: API_VERSION,
      kind: 'Rollout',
      metadata: { name: 'up', namespace: PROJECT },
      spec: { profile: 'site', version: '2.0.0' },
    });
    await until('the version', () => readCluster(server, 'edge').spec.profiles?.[0]?.version === '2.0.0');
  });

  test('run in one hub of two', async () => {
    const controllers = [start('one'), start('two')];
    const offering = new Set<Controllers>();
    for (const one of controllers) one.revisions.onChange(() => offering.add(one));
    await until('an offer at each', () => offering.size === 2);
    assert.equal(storedRevisions(server).length, 1);
    for (const one of controllers) assert.equal((await one.revisions.current(agent))?.number, 1);
    const leases = server.names().filter((name) => name.startsWith('Lease'));
    assert.deepEqual(leases, ['Lease.coordination.k8s.io skerry-system/skerry-hub-controller']);
  });

  test('wait and say so while another hub has the lease, and run when it is free', async () => {
    const metadata = { name: 'skerry-hub-controller', namespace: 'skerry-system' };
    const hold = (holderIdentity: string) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: { holderIdentity, leaseDurationSeconds: 15 },
    });
    server.put(hold('other'));
    const clock = new ManualClock();
    const said: string[] = [];
    start('one', {
      clock,
      info: (fields) => {
        if ('err' in fields && isSkerryError(fields.err)) said.push(fields.err.code);
      },
    });
    await until('it says who leads', () => {
      server.objects.replace(hold('other'));
      clock.advance(1_000);
      return said.length > 0;
    });
    assert.deepEqual(said, ['CONTROLLER_NOT_LEADING']);
    assert.equal(storedRevisions(server).length, 0);
    server.objects.replace(hold(''));
    await until('a revision', () => {
      clock.advance(1_000);
      return storedRevisions(server).length === 1;
    });
  });

  test('make Ready what reported to the hub that does not lead, and go on from what it removed', async () => {
    const controllers = [start('one'), start('two')];
    const offering = new Set<Controllers>();
    for (const one of controllers) one.revisions.onChange(() => offering.add(one));
    await until('an offer at each', () => offering.size === 2);
    const lease = server.objects.find('Lease.coordination.k8s.io skerry-system/skerry-hub-controller')?.spec;
    const holder =
      typeof lease === 'object' && lease !== null && 'holderIdentity' in lease && lease.holderIdentity;
    const other = controllers[holder === 'one' ? 1 : 0];
    assert.ok(other !== undefined);
    await apply(other, 1);
    await until('Ready', () => readCluster(server, 'edge').status.phase === 'Ready');
    assert.equal(readCluster(server, 'edge').status.held?.number, 1);
  });

  test('keep what an agent held beside another envelope of the same number, and go on from it', async () => {
    const controllers = start('one');
    await until('a revision', () => storedRevisions(server).length === 1);
    const [own] = envelopes(server);
    assert.ok(own !== undefined);
    const held = { ...own, issuedAt: '2020-01-01T00:00:00Z', layers: [], remove: [] };
    const signed = sampleSign('application/json', Buffer.from(JSON.stringify(held)));
    await controllers.revisions.adopt(agent, signed, held);
    await controllers.revisions.adopt(agent, signed, held);
    await until('the adoption', () => {
      const { conditions } = readCluster(server, 'edge').status;
      return conditionOf(conditions, 'HubBehind')?.status === 'True';
    });
    assert.deepEqual(
      storedRevisions(server).map(({ metadata }) => metadata.name),
      ['edge-1', 'edge-1-adopted'],
    );
    const current = await controllers.revisions.current(agent);
    assert.ok(current !== undefined);
    assert.deepEqual(await controllers.revisions.signed(agent, current), signed);
    editSpec(server, 'edge', { profiles: [{ name: 'site', version: '2.0.0' }] });
    await until('the next envelope', () => storedRevisions(server).length === 3);
    assert.equal(envelopes(server)[2]?.number, 2);
    assert.deepEqual(envelopes(server)[2]?.remove, []);
    assert.deepEqual(
      server.calls.filter((call) => call.startsWith('DELETE')),
      [],
    );
  });
});
