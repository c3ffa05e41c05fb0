import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { makeCsr } from '../../platform/desired/csr.ts';
import { sign } from '../../platform/desired/dsse.ts';
import { ENVELOPE_TYPE } from '../../platform/desired/envelope.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import type { AgentMessage } from '../../platform/desired/message.ts';
import { REPORT_TYPE } from '../../platform/desired/report.ts';
import { readCsrOf } from '../../platform/hub/authority/csr.ts';
import { Desk } from '../../platform/hub/door/desk.ts';
import { CLUSTER, ID } from './hub-site.ts';
import { MemoryHub } from './memory-hub.ts';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('what the hub does not take from an agent', () => {
  const [hubKey, agentKey] = [newKey(), newKey()];
  const signed = (type: string, body: unknown, { privateKey, publicKey }: ReturnType<typeof newKey>) =>
    sign(type, Buffer.from(JSON.stringify(body)), privateKey, fingerprint(publicKey));
  const hub = new MemoryHub({
    sign: (type, bytes) => sign(type, bytes, hubKey.privateKey, fingerprint(hubKey.publicKey)),
    door: () => ({ urls: ['https://hub'], authorities: ['none'], keys: ['none'] }),
  });
  const desk = new Desk({
    revisions: hub,
    status: hub,
    events: hub,
    keys: () => [hubKey.publicKey],
    renew: async (agent, csr) => (await readCsrOf(agent, csr)).key,
    now: () => new Date(0),
    pingSeconds: 30,
  });
  const agent = { ...CLUSTER, key: fingerprint(agentKey.publicKey), publicKey: agentKey.publicKey };
  const report = {
    version: 1,
    cluster: { ...CLUSTER, id: ID },
    agentVersion: '1.0.0',
    number: 1,
    at: '',
    envelope: { number: 0, digest: '', state: 'none', since: '' },
    layers: [],
    removed: [],
    drift: { count: 0, items: [] },
    kubernetes: '',
    nodes: { ready: 0, total: 0, lost: [] },
    capacity: { cpu: 0, memoryBytes: 0, pods: 0 },
    certificates: [],
  };
  const envelope = hub.edit(CLUSTER, ID, ['web']).signed;
  const foreign = hub.edit({ ...CLUSTER, name: 'other' }, ID, ['web']).signed;
  const reported = (body: unknown, key = agentKey): AgentMessage => ({
    kind: 'report',
    report: signed(REPORT_TYPE, body, key),
  });
  const csrOf = async (key: ReturnType<typeof newKey>): Promise<AgentMessage> => ({
    kind: 'renew',
    csr: makeCsr(key.privateKey),
  });
  const cases: Record<string, [code: string, message: AgentMessage | Promise<AgentMessage>]> = {
    'a report that another key signed': ['REPORT_FORGED', reported(report, newKey())],
    'a report of another cluster': [
      'REPORT_FORGED',
      reported({ ...report, cluster: { ...report.cluster, name: 'other' } }),
    ],
    'a report that cannot be read': ['REPORT_INVALID', reported({ ...report, number: 'one' })],
    'an envelope of another cluster': ['ENVELOPE_FOREIGN', { kind: 'envelope', envelope: foreign }],
    'an envelope that cannot be read': [
      'ENVELOPE_INVALID',
      { kind: 'envelope', envelope: signed(ENVELOPE_TYPE, { version: 2 }, hubKey) },
    ],
    'an envelope that somebody else made': [
      'SIGNATURE_NOT_TRUSTED',
      { kind: 'envelope', envelope: signed(ENVELOPE_TYPE, {}, newKey()) },
    ],
    'a certificate for another key': ['CSR_KEY_WRONG', csrOf(newKey())],
  };
  for (const [what, [code, message]] of Object.entries(cases))
    test(`is ${what}`, async () => {
      const [answer] = await desk.handle(agent, await message, 'network');
      assert.ok(answer?.kind === 'refused');
      assert.equal(answer.code, code);
    });

  test('is not a certificate request for its own key, which is answered', async () => {
    const [answer] = await desk.handle(agent, await csrOf(agentKey), 'network');
    assert.deepEqual(answer, { kind: 'certificate', certificate: agent.key });
  });

  test('is none of what it says well, and a hub that did not hear it itself asks for it again', async () => {
    const heard = new Desk({
      ...{ revisions: hub, events: hub, keys: () => [hubKey.publicKey], renew: async () => '' },
      status: {
        seen: () => undefined,
        duplicated: () => undefined,
        reported: async () => void taken++,
        lastReport: async () => ({ number: 1, digest: 'sha256:1', isElsewhere: true }),
      },
      now: () => new Date(0),
      pingSeconds: 30,
    });
    let taken = 0;
    const [welcome] = await heard.handle(
      agent,
      {
        kind: 'hello',
        protocol: 1,
        agentVersion: '1.0.0',
        number: 1,
        digest: envelope.payload,
        reportNumber: 1,
        reportDigest: 'sha256:1',
        eventNumber: 0,
      },
      'network',
    );
    assert.ok(welcome?.kind === 'welcome');
    assert.equal(welcome.reportNumber, 0);
    await heard.handle(agent, reported(report), 'network');
    assert.equal(taken, 1);
  });
});
