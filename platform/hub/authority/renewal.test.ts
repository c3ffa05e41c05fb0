import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { identifyAgent } from './agent-certificate.ts';
import { Authority } from './authority.ts';
import { finishRotation } from './finish-rotation.ts';
import { keepFresh } from './keep-fresh.ts';
import { knowsLatest, latestOf } from './rotation.ts';

const START = new Date('2030-06-01T12:00:00Z');
const DAY_MS = 86_400_000;
const SUBJECT = { project: 'ships', name: 'one', id: '6f1c2f5e-0000-4000-8000-000000000001' };
const { signal } = new AbortController();

/** A hub whose time of day a test sets. */
class ClockedHub {
  now = START;
  object: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 's' } };
  /** What the agents know of the hub: the door in the envelope that they hold. */
  agents: ReturnType<Authority['door']>[] = [];

  async open(): Promise<Authority> {
    return await Authority.open({
      client: {
        get: async () => this.object,
        replace: async (object) => {
          this.object = object;
          return object;
        },
      },
      ...{ namespace: 's', name: 'a', now: () => this.now, signal },
    });
  }

  /** As the leader does it. */
  async finish(authority: Authority): Promise<boolean> {
    return await finishRotation({
      authority,
      acknowledgements: {
        read: async (latest) => ({
          total: this.agents.length,
          acknowledged: this.agents.filter((door) => knowsLatest(door, latest)).length,
          waiting: [],
        }),
      },
      refresh: async () => void (await authority.refresh()),
      clock: { now: () => 0, sleep: async () => undefined },
      ...{ onError: failed, onFinished: () => undefined, signal },
    });
  }

  move(days: number): void {
    this.now = new Date(this.now.getTime() + days * DAY_MS);
  }
}

function failed(error: unknown): void {
  assert.fail(String(error));
}

function isGood(certificate: string, now: Date): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return new Date(validFrom) <= now && now < new Date(validTo);
}

describe('the authority of agents, as the years pass', () => {
  let hub: ClockedHub;
  let authority: Authority;
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  beforeEach(async () => {
    hub = new ClockedHub();
    authority = await hub.open();
  });

  test('makes the next one when a third of its time is left, and both are trusted meanwhile', async () => {
    const [first = ''] = authority.certificates;
    const old = await authority.issueAgent(publicKey, SUBJECT);
    hub.move(2_400);
    assert.equal(await authority.refresh(), false);
    hub.move(60);
    assert.equal(await authority.refresh(), true);
    assert.deepEqual([authority.certificates.length, authority.keys.length], [2, 2]);
    assert.equal(authority.certificates[0], first);
    const renewed = new X509Certificate(await authority.issueAgent(publicKey, SUBJECT));
    assert.ok(renewed.verify(new X509Certificate(first).publicKey));
    assert.ok('identity' in identifyAgent(renewed, authority.certificates, hub.now));
    // An agent that was away has a certificate that is over, and not one of a stranger.
    assert.deepEqual(identifyAgent(new X509Certificate(old), authority.certificates, hub.now), {
      refused: 'expired',
    });
    assert.equal(await authority.refresh(), false);
  });

  test('lets the old one go once every agent knows the next, and not before', async () => {
    hub.agents = [authority.door(['https://hub']), authority.door(['https://hub'])];
    hub.move(2_460);
    const [first] = authority.certificates;
    assert.equal(await hub.finish(authority), false);
    const next = authority.door(['https://hub']);
    hub.agents = [next, ...hub.agents.slice(1)];
    assert.equal(await hub.finish(authority), false);
    assert.ok(authority.certificates.includes(first ?? ''));
    hub.agents = [next, next];
    assert.equal(await hub.finish(authority), true);
    assert.equal(authority.certificates.length, 1);
    assert.ok(!authority.certificates.includes(first ?? ''));
    assert.equal(latestOf(authority.set).certificate, authority.certificates[0]);
    assert.equal(await hub.finish(authority), false);
  });

  test('ends no rotation that somebody began by hand long before', async () => {
    await authority.begin();
    await authority.refresh();
    assert.equal(await hub.finish(authority), false);
    assert.equal(authority.certificates.length, 2);
  });

  test('of an agent that never comes back, the old one ends and the next issues all the same', async () => {
    hub.agents = [authority.door(['https://hub'])];
    for (let month = 0; month < 125; month++) {
      hub.move(30);
      await hub.finish(authority);
    }
    assert.equal(authority.certificates.length, 2);
    const { certificate } = await authority.issueServer(['hub']);
    assert.ok(isGood(certificate, hub.now));
  });

  test('is good at every look of forty years, with agents that hear of it each month', async () => {
    let changes = 0;
    for (let month = 0; month < 490; month++) {
      hub.move(30);
      hub.agents = [authority.door(['https://hub'])];
      const before = authority.certificates[0];
      await hub.finish(authority);
      if (authority.certificates[0] !== before) changes++;
      const agent = await authority.issueAgent(publicKey, SUBJECT);
      const { certificate } = await authority.issueServer(['hub']);
      for (const one of [agent, certificate, authority.certificates[0] ?? ''])
        assert.ok(isGood(one, hub.now), `month ${month}`);
      const [known] = hub.agents;
      assert.ok(
        known?.authorities.some((pem) =>
          new X509Certificate(certificate).verify(new X509Certificate(pem).publicKey),
        ),
        `month ${month}: the door is a stranger to an agent that heard of it a month ago`,
      );
    }
    assert.ok(changes >= 5 && changes <= 6, `${changes}`);
  });

  for (const years of [10, -10])
    test(`a clock that jumps by ${years} years and back leaves agents the hub that they know`, async () => {
      const known = authority.door(['https://hub']);
      hub.agents = [known];
      const uses: string[] = [];
      const tls = await authority.issueServer(['hub']);
      const stop = new AbortController();
      const look = keepFresh({
        ...{ authority, names: ['hub'], tls, signal: stop.signal, onError: failed },
        ...{ use: ({ certificate }) => uses.push(certificate), onChange: () => undefined },
      });
      hub.move(years * 366);
      await look();
      await hub.finish(authority);
      // For as long as that clock is believed, what is issued is good by it.
      assert.ok(isGood(uses.at(-1) ?? '', hub.now));
      hub.move(-years * 366);
      await look();
      await hub.finish(authority);
      stop.abort();
      const served = new X509Certificate(uses.at(-1) ?? '');
      assert.ok(isGood(uses.at(-1) ?? '', hub.now));
      assert.ok(served.verify(new X509Certificate(known.authorities[0] ?? '').publicKey));
      assert.deepEqual(authority.certificates, known.authorities);
      assert.equal(authority.keys.length, 1);
    });

  test('the door gets another certificate a third before its end, and not at each look', async () => {
    const uses: string[] = [];
    const stop = new AbortController();
    const look = keepFresh({
      ...{ authority, names: ['hub'], tls: await authority.issueServer(['hub']), signal: stop.signal },
      ...{
        use: ({ certificate }) => uses.push(certificate),
        onChange: () => undefined,
        onError: failed,
      },
    });
    for (let day = 0; day < 240; day += 10) {
      await look();
      hub.move(10);
    }
    assert.equal(uses.length, 0);
    hub.move(10);
    await look();
    await look();
    stop.abort();
    assert.equal(uses.length, 1);
  });
});
