import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { callEnroll } from '../../platform/agent/exchange/enroll-call.ts';
import { csrOf } from '../../platform/agent/identity/identity.ts';
import { addToSet, dropUnused, useLatest } from '../../platform/hub/authority/authority-set.ts';
import { keepFresh } from '../../platform/hub/authority/keep-fresh.ts';
import { latestOf } from '../../platform/hub/authority/rotation.ts';
import { AgentSite } from './agent-site.ts';
import { CLUSTER, HubSite, ID } from './hub-site.ts';
import { until } from './until.ts';

const DAY_MS = 86_400_000;
const refusedWith = (code: string) => (error: unknown) =>
  isSkerryError(error, 'HUB_REFUSED') && error.detail === code;

describe('an agent and its hub, over TLS', { timeout: 120_000 }, () => {
  let site: HubSite;
  let agent: AgentSite;

  beforeEach(async () => {
    site = await HubSite.open();
    agent = await AgentSite.open();
  });
  afterEach(async () => {
    await agent.close();
    await site.close();
  });

  const installed = () => ({ urls: site.urls, authorities: site.authority.certificates });
  const holds = (number: number) => () => agent.holder.held()?.number === number;
  const isThrough = async () =>
    await until('the hub has all that the agent says', () => {
      const [report] = [site.hub.reports.at(-1)];
      const events = site.hub.stored(CLUSTER).events;
      return report?.number === agent.holder.reportNumber && events.length === agent.holder.everyEvent.length;
    });
  const join = async () => {
    agent.run(installed(), site.token({ autoAccept: true }));
    await until('the agent is connected', () => site.connected === 1);
  };
  const way = () => ({ url: site.urls[0] ?? '', authorities: site.authority.certificates });
  const request = async (of: AgentSite, token?: string) => ({
    csr: csrOf(of.identity.current),
    id: ID,
    sealingKey: { ...of.identity.current.sealing.publicJwk },
    agentVersion: '0.1.0',
    ...(token === undefined ? {} : { token }),
  });
  const { signal } = new AbortController();

  test('the agent waits until its key is accepted, then gets what it is to hold', async () => {
    site.hub.edit(CLUSTER, ID, ['web']);
    agent.run(installed(), site.token());
    const { key } = agent.identity.current;
    await until('the key asks', () => site.cluster().status?.request?.key === key);
    assert.equal(site.cluster().status?.sealingKey, undefined);
    assert.equal(site.connected, 0);
    site.accept(key);
    await until('the envelope is held', holds(1));
    await isThrough();
    assert.deepEqual(site.cluster().status?.id, ID);
    assert.deepEqual(site.cluster().status?.sealingKey, agent.identity.current.sealing.publicJwk);
    assert.equal(site.cluster().status?.request, undefined);
    site.hub.edit(CLUSTER, ID, ['db']);
    await until('the next one is held', holds(2));
    assert.deepEqual([...agent.holder.layers], ['db']);
  });

  test('an agent without a token says so, and gets in with the one that comes', async () => {
    let token: string | undefined;
    agent.run(installed(), () => token);
    await until('it says that it has none', () =>
      agent.logged.some((fields) => 'err' in fields && isSkerryError(fields.err, 'TOKEN_MISSING')),
    );
    assert.equal(site.cluster().status?.request, undefined);
    token = site.token({ autoAccept: true });
    await until('it is connected', () => site.connected === 1);
  });

  test('a token is good for one key and one hour, and an unknown one for nothing', async () => {
    const [first, second] = [await AgentSite.open(), await AgentSite.open()];
    const token = site.token();
    assert.equal((await callEnroll(way(), await request(first, token), signal)).state, 'waiting');
    assert.equal((await callEnroll(way(), await request(first, token), signal)).state, 'waiting');
    await assert.rejects(callEnroll(way(), await request(second, token), signal), refusedWith('TOKEN_USED'));
    const expired = await request(second, site.token({ expiresInMs: -1 }));
    await assert.rejects(callEnroll(way(), expired, signal), refusedWith('TOKEN_EXPIRED'));
    for (const unknown of ['x', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, 'a.b.c'])
      await assert.rejects(
        callEnroll(way(), await request(second, unknown), signal),
        refusedWith('TOKEN_UNKNOWN'),
      );
    await assert.rejects(callEnroll(way(), await request(second), signal), refusedWith('KEY_NOT_ACCEPTED'));
    const noSeal = { ...(await request(first, token)), sealingKey: {} };
    await assert.rejects(callEnroll(way(), noSeal, signal), refusedWith('SEALING_KEY_INVALID'));
    const noCsr = { ...(await request(first, token)), csr: 'x' };
    await assert.rejects(callEnroll(way(), noCsr, signal), refusedWith('CSR_INVALID'));
    const large = { ...(await request(first, token)), sealingKey: { kty: 'x'.repeat(20_000) } };
    await assert.rejects(callEnroll(way(), large, signal), refusedWith('ENROLL_INVALID'));
    assert.equal(site.cluster().status?.request?.key, first.identity.current.key);
    await first.close();
    await second.close();
  });

  test('revoking a key ends its connection at once, and a token does not bring it back', async () => {
    await join();
    site.accept(undefined);
    await until('the connection is closed', () => site.connected === 0, 1_000);
    await until('the key asks again', () => site.cluster().status?.request?.key !== undefined);
    assert.equal(site.connected, 0);
    site.accept(agent.identity.current.key);
    await until('it is back', () => site.connected === 1);
  });

  test('two agents with one key, as a copied machine has, are found out', async () => {
    await join();
    const copy = await AgentSite.copyOf(agent);
    try {
      assert.deepEqual(site.hub.twice, []);
      copy.run(installed());
      await until('the hub knows', () => site.hub.twice.length > 0, 60_000);
      assert.equal(site.hub.twice[0], 'ships/one');
      assert.ok(site.logged.some((fields) => 'code' in fields && fields.code === 'AGENT_DUPLICATED'));
    } finally {
      await copy.close();
    }
  });

  test('a certificate is renewed in good time, and one that ran out comes back by its key', async () => {
    await join();
    const first = agent.identity.current.certificate;
    await agent.stop();
    site.skip(200 * DAY_MS + DAY_MS * 50);
    agent.run(installed(), undefined, () => site.now());
    await until('it is renewed', () => agent.identity.current.certificate !== first);
    const second = agent.identity.current.certificate;
    await agent.stop();
    site.skip(400 * DAY_MS);
    agent.run(installed(), undefined, () => site.now());
    await until('there is another one', () => agent.identity.current.certificate !== second);
    await until('it is connected', () => site.connected === 1);
  });

  test('a wire that is cut, silent or slow to come back loses nothing', async () => {
    await join();
    site.wire.cut();
    agent.holder.note('while the wire is cut');
    site.hub.edit(CLUSTER, ID, ['web']);
    site.wire.mend();
    await until('the envelope is held', holds(1));
    await isThrough();
    site.wire.silence();
    agent.holder.note('while nobody hears');
    await until('both ends have noticed', () => site.connected === 0);
    site.hub.edit(CLUSTER, ID, ['web', 'db']);
    site.wire.mend();
    await until('the next one is held', holds(2));
    await isThrough();
  });

  test('a hub that comes back at the same address has its agents again', async () => {
    await join();
    await site.stopDoor();
    site.hub.edit(CLUSTER, ID, ['web']);
    await site.start();
    await until('the envelope is held', holds(1));
    await isThrough();
  });

  test('address and authority change step by step, and no agent is lost', async () => {
    site.hub.edit(CLUSTER, ID, ['web']);
    await join();
    await until('the first envelope is held', holds(1));
    // First, envelopes name both authorities and both addresses.
    const next = await import('./cuttable-wire.ts').then(({ CuttableWire }) =>
      CuttableWire.open(() => site.port),
    );
    await site.changeAuthority((set) => addToSet(set, site.now()));
    site.urls = [`https://127.0.0.1:${next.port}`, ...site.urls];
    site.hub.edit(CLUSTER, ID, ['web']);
    await until('the second envelope is held', holds(2));
    // Then the new ones are used, and the old ones go.
    await site.changeAuthority(useLatest);
    await site.stopDoor();
    await site.start();
    await until('it is connected', () => site.connected === 1);
    await until('its certificate is of the next authority', () => next.connections > 0);
    site.urls = site.urls.slice(0, 1);
    await site.changeAuthority(dropUnused);
    await site.wire.close();
    await site.stopDoor();
    await site.start();
    await until('it is connected by the new address alone', () => site.connected === 1);
    site.hub.edit(CLUSTER, ID, ['web', 'db']);
    await until('an envelope with the next key is held', holds(3));
    await next.close();
  });

  test('the authority rotates while the hub runs: the agent goes on, and comes back by the next alone', async () => {
    site.hub.edit(CLUSTER, ID, ['web']);
    await join();
    await until('the first envelope is held', holds(1));
    const failures: unknown[] = [];
    const look = keepFresh({
      authority: site.authority,
      names: ['localhost', '127.0.0.1'],
      tls: await site.authority.issueServer(['localhost', '127.0.0.1']),
      use: (tls) => site.use(tls),
      onChange: () => site.hub.edit(CLUSTER, ID, ['web']),
      onError: (error) => failures.push(error),
      signal,
    });
    const before = agent.identity.current.certificate;
    await site.authority.begin();
    await look();
    await until('an envelope that names both is held', holds(2));
    assert.equal(site.authority.keys.length, 2);
    await site.authority.end(latestOf(site.authority.set));
    await look();
    await until('an envelope that is signed with the next key is held', holds(3));
    assert.equal(agent.identity.current.certificate, before);
    site.wire.cut();
    site.wire.mend();
    await until('it has another certificate', () => agent.identity.current.certificate !== before);
    const [authority = ''] = site.authority.certificates;
    const certificate = new X509Certificate(agent.identity.current.certificate ?? '');
    assert.ok(certificate.verify(new X509Certificate(authority).publicKey));
    await until('the agent is connected again', () => site.connected === 1);
    site.hub.edit(CLUSTER, ID, ['web', 'db']);
    await until('the next envelope is held', holds(4));
    assert.deepEqual(failures, []);
  });

  test('a hub that was restored from an old backup takes over what the agent holds', async () => {
    site.hub.edit(CLUSTER, ID, ['web']);
    await join();
    await until('the first is held', holds(1));
    const backup = site.hub.backup();
    site.hub.edit(CLUSTER, ID, ['web', 'db']);
    await until('the second is held', holds(2));
    await site.stopDoor();
    site.hub.restore(backup);
    await site.start();
    await until('it is taken over', () => site.hub.stored(CLUSTER).revision?.number === 2);
    assert.deepEqual([...agent.holder.layers], ['web', 'db']);
    site.hub.edit(CLUSTER, ID, ['db']);
    await until('the third is held', holds(3));
    assert.deepEqual([...agent.holder.layers], ['db']);
  });

  test('an idle agent costs less than 200 bytes a minute', async () => {
    agent.holder.note('something to say');
    await join();
    await isThrough();
    const before = { bytes: site.wire.bytes, signs: site.hub.signs.length };
    const PINGS = 4;
    await until('some signs of life', () => site.hub.signs.length >= before.signs + PINGS);
    const perPing = (site.wire.bytes - before.bytes) / (site.hub.signs.length - before.signs);
    const perMinute = (perPing * 2) / 0.9;
    console.log(`${perPing.toFixed(0)} bytes a ping and its answer, ${perMinute.toFixed(0)} a minute`);
    assert.ok(perMinute < 200, `${perMinute}`);
    assert.equal(site.connected, 1);
  });
});
