import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import WebSocket from 'ws';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import { CLUSTER, HubSite, ID, NAME, PROJECT } from './hub-site.ts';
import { firstReport, hello, SpokenAgent } from './spoken-agent.ts';
import { until } from './until.ts';

/** A hub some versions from now: its own protocol is 3, and it still speaks those of two minor versions before. */
const LATER = { newest: 3, oldest: 1 };

describe("the agents' door of a hub, and agents of other versions", { timeout: 60_000 }, () => {
  let site: HubSite;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  beforeEach(async () => {
    site = await HubSite.open();
    site.accept(fingerprint(publicKey));
    await until('the key is accepted', () => site.fleet.cluster(CLUSTER)?.key === fingerprint(publicKey));
  });
  afterEach(async () => await site.close());

  for (const [protocol, agreed] of [
    [3, 3],
    [2, 2],
    [1, 1],
  ] as const)
    test(`one of protocol ${protocol} is served by a hub of protocol 3`, async () => {
      await speak(LATER);
      const agent = await connect();
      agent.say(hello({ protocol }));
      assert.equal((await agent.hears('welcome')).protocol, agreed);
      await isServed(agent);
    });

  test('one that is newer, and speaks the protocol of the hub too, is served with that', async () => {
    await speak(LATER);
    const agent = await connect();
    agent.say(hello({ protocol: 5, oldestProtocol: 3 }));
    assert.equal((await agent.hears('welcome')).protocol, 3);
    await isServed(agent);
  });

  for (const [what, said, code] of [
    ['too old', { protocol: 1 }, 'AGENT_PROTOCOL_OLD'],
    ['too new', { protocol: 6, oldestProtocol: 5 }, 'AGENT_PROTOCOL_NEW'],
  ] as const)
    test(`one that is ${what} is told so, sent nothing, and known for it`, async () => {
      await speak({ newest: 4, oldest: 2 });
      site.hub.edit(CLUSTER, ID, ['web']);
      const agent = await connect();
      agent.say(hello(said));
      assert.equal((await agent.hears('refused')).code, code);
      // What comes later is not for it either.
      site.hub.edit(CLUSTER, ID, ['web', 'db']);
      agent.say(hello(said));
      await until('it is told again', () => agent.heard.length === 2);
      assert.deepEqual(
        agent.heard.map(({ kind }) => kind),
        ['refused', 'refused'],
      );
      assert.equal(site.hub.signs.findLast(({ problem }) => problem !== undefined)?.problem, code);
    });

  test('fields and kinds of message that a newer one adds are passed over', async () => {
    const agent = await connect();
    agent.say({ kind: 'sing', loud: true });
    agent.say({ ...hello({ protocol: 2, oldestProtocol: 1 }), wind: { from: 'north' } });
    assert.equal((await agent.hears('welcome')).protocol, 1);
    await isServed(agent, { wind: ['north'], features: ['unheard-of'] });
  });

  test('one that was refused is served as soon as it is another', async () => {
    await speak({ newest: 4, oldest: 2 });
    const agent = await connect();
    agent.say(hello({ protocol: 1 }));
    await agent.hears('refused');
    agent.say(hello({ protocol: 2 }));
    assert.equal((await agent.hears('welcome')).protocol, 2);
    await isServed(agent);
    assert.equal(site.hub.signs.findLast(({ problem }) => problem !== undefined)?.problem, '');
  });

  async function speak(protocols: { newest: number; oldest: number }): Promise<void> {
    await site.stopDoor();
    site.protocols = protocols;
    await site.start();
  }

  /** What it reports is taken, and it is sent what is new. */
  async function isServed(agent: SpokenAgent, more: object = {}): Promise<void> {
    agent.say({
      kind: 'report',
      report: firstReport({ privateKey, publicKey }, { ...CLUSTER, id: ID }, more),
    });
    assert.equal((await agent.hears('have')).reportNumber, 1);
    assert.equal(site.hub.reports.length, 1);
    const { signed } = site.hub.edit(CLUSTER, ID, ['web']);
    assert.deepEqual((await agent.hears('offer')).envelope, signed);
  }

  async function connect(): Promise<SpokenAgent> {
    const certificate = await site.authority.issueAgent(publicKey, { project: PROJECT, name: NAME, id: ID });
    const options = { ca: [...site.authority.certificates], cert: certificate, key };
    const socket = new WebSocket(`wss://localhost:${site.port}/v1/agent`, options);
    const agent = new SpokenAgent(socket);
    await once(socket, 'open');
    return agent;
  }
});
