import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { encode } from '../../desired/canonical.ts';
import { digestOf, sign } from '../../desired/dsse.ts';
import { ENVELOPE_TYPE } from '../../desired/envelope.ts';
import { checkEvents } from '../../desired/events.ts';
import { AgentHolder } from './agent-holder.ts';

const NAMESPACE = 'skerry-system';
const { privateKey } = generateKeyPairSync('ed25519');

let server: ScriptedApiServer;
beforeEach(async () => {
  server = await ScriptedApiServer.start();
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
});
afterEach(async () => await server.close());

test('an envelope is written before it is held, and one that could not be written is not held', async () => {
  const holder = await open();
  server.fail({ method: 'POST', path: /secrets/, times: 10, how: { status: 500 } });
  await assert.rejects(holder.offer(envelope(1)), (error) => isSkerryError(error, 'CLUSTER_ERROR'));
  assert.equal(holder.held(), undefined);
  assert.equal((await open()).held(), undefined);
  server.mend();
  assert.deepEqual(await holder.offer(envelope(1)), { accepted: true });
  assert.equal((await open()).held()?.digest, digestOf(envelope(1)));
});

test('what is remembered is there after a restart, and an envelope that is offered again is no news', async () => {
  const holder = await open();
  await holder.offer(envelope(1));
  await holder.offer(envelope(1));
  await holder.remember((journal) => ({ ...journal, removed: ['gone'] }), {
    kind: 'removed',
    subject: 'gone',
  });
  await holder.keepReport((number) => ({ signed: envelope(number), digest: 'x' }));
  const again = await open();
  assert.deepEqual(again.journal, holder.journal);
  assert.deepEqual(
    again.events(0).map(({ number, kind }) => [number, kind]),
    [
      [1, 'accepted'],
      [2, 'removed'],
    ],
  );
  assert.equal(again.report()?.number, 1);
});

test('a refused envelope is reported once, and changes nothing that is held', async () => {
  const holder = await open();
  await holder.offer(envelope(2));
  for (let times = 0; times < 3; times++)
    assert.deepEqual(await holder.offer(envelope(1)), { accepted: false, code: 'ENVELOPE_OUTDATED' });
  assert.equal(holder.held()?.number, 2);
  assert.deepEqual(holder.journal.refused, { number: 1, code: 'ENVELOPE_OUTDATED', detail: '' });
  assert.equal(holder.events(1).length, 1);
});

test('an agent whose state was lost counts its reports and events on from what the hub has', async () => {
  const holder = await open();
  let changes = 0;
  holder.onChange(() => changes++);
  holder.acknowledged({ reportNumber: 7, eventNumber: 9 });
  assert.ok(changes > 0);
  await holder.keepReport((number) => ({ signed: envelope(number), digest: 'x' }));
  assert.equal(holder.report()?.number, 8);
  assert.deepEqual(
    holder.events(0).map(({ number, kind }) => [number, kind]),
    [[10, 'gap']],
  );
});

test('another report with the number of its own means that it was lost as well', async () => {
  const holder = await open();
  await holder.keepReport((number) => ({ signed: envelope(number), digest: 'mine' }));
  holder.acknowledged({ reportNumber: 1, reportDigest: 'mine', eventNumber: 0 });
  assert.equal(holder.report()?.number, 1);
  holder.acknowledged({ reportNumber: 1, reportDigest: 'of before', eventNumber: 0 });
  assert.equal(holder.report(), undefined);
  await holder.keepReport((number) => ({ signed: envelope(number), digest: 'mine' }));
  assert.equal(holder.report()?.number, 2);
});

test('events that do not follow on the ones of the hub begin a chain of their own, and none is lost', async () => {
  const holder = await open();
  const happening = (subject: string) => ({ kind: 'applied', subject }) as const;
  for (const subject of ['a', 'b', 'c', 'd']) await holder.remember((journal) => journal, happening(subject));
  holder.acknowledged({ reportNumber: 0, eventNumber: 2, isOtherChain: true });
  await holder.remember((journal) => journal, happening('e'));
  const events = holder.events(0);
  assert.deepEqual(
    events.map(({ number, kind, subject }) => [number, kind, subject]),
    [
      [3, 'gap', 'events'],
      [4, 'applied', 'c'],
      [5, 'applied', 'd'],
      [6, 'applied', 'e'],
    ],
  );
  assert.equal(events[0]?.previous, '');
  checkEvents({ number: 2, hash: '' }, events);
});

test('a state that cannot be read stops the agent', async () => {
  const metadata = { name: 'skerry-agent-state', namespace: NAMESPACE };
  server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'journal.json': '{' } });
  await assert.rejects(open(), (error) => isSkerryError(error, 'AGENT_STATE_INVALID'));
});

async function open(): Promise<AgentHolder> {
  return await AgentHolder.open({
    client: server.client(),
    namespace: NAMESPACE,
    signal: new AbortController().signal,
    now: () => new Date('2026-01-01T00:00:00Z'),
    decide: (signed, held) =>
      (held?.number ?? 0) > numberOf(signed.payload)
        ? { accepted: false, code: 'ENVELOPE_OUTDATED' }
        : { accepted: true },
  });
}

function numberOf(payload: string): number {
  return JSON.parse(Buffer.from(payload, 'base64').toString()).number;
}

function envelope(number: number) {
  const cluster = { project: 'sea', name: 'north', id: 'id' };
  const hub = { urls: ['https://hub'], authorities: ['a'], keys: ['k'] };
  const rest = { layers: [], remove: [], registries: [], paused: false };
  const bytes = encode({ version: 1, issuedAt: '', number, cluster, hub, ...rest });
  return sign(ENVELOPE_TYPE, bytes, privateKey, 'key');
}
