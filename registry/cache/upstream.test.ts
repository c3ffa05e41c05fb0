import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { LogRecord } from '../log.ts';
import { Upstream } from './upstream.ts';

/** A registry that answers as `answer` says: a status, or nothing at all. */
async function startUpstream(context: TestContext, answer: () => number | undefined) {
  const server = createServer((_, response) => {
    const status = answer();
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const log: LogRecord[] = [];
  const state = { now: 0, asked: 0 };
  const upstream = new Upstream({
    ...{ address: `127.0.0.1:${port}`, answerWithin: 1000 },
    ...{ uptime: () => state.now, log: (record: LogRecord) => log.push(record) },
  });
  context.after(() => {
    upstream.close();
    server.closeAllConnections();
    server.close();
  });
  const ask = async () =>
    await upstream.ask(undefined, undefined, async (store, signal) => {
      state.asked += 1;
      return await store.statBlob('team/app', `sha256:${'0'.repeat(64)}`, { signal });
    });
  return { ask, state, events: () => log.map(({ event }) => event) };
}

test('one that takes connections and says nothing is away, and for a while is not asked again', async (context) => {
  let status: number | undefined;
  const { ask, state, events } = await startUpstream(context, () => status);
  const away = { code: 'REGISTRY_UPSTREAM_AWAY' };
  await assert.rejects(ask(), away);
  await assert.rejects(ask(), away);
  assert.equal(state.asked, 1);
  status = 404;
  state.now += 15_000;
  assert.equal(await ask(), undefined);
  assert.deepEqual(events(), ['upstream-away', 'upstream-back']);
});

test('one that is overloaded is away for the one question; one that refuses is not', async (context) => {
  let status = 503;
  const { ask, state } = await startUpstream(context, () => status);
  await assert.rejects(ask(), { code: 'REGISTRY_UPSTREAM_AWAY' });
  status = 403;
  await assert.rejects(ask(), { code: 'REGISTRY_DENIED' });
  status = 400;
  await assert.rejects(ask(), { code: 'REGISTRY_ERROR' });
  assert.equal(state.asked, 3);
});
