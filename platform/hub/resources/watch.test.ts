import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';

const PATH = '/api/v1/projects/p1/clusters';
const Items = z.looseObject({ items: z.array(z.looseObject({ name: z.string() })), version: z.string() });

describe('a watch over HTTP', () => {
  let hub: ScriptedHub;
  let port: number;
  const revoked = new Set<string>();

  before(async () => {
    hub = await startScriptedHub({
      permits: ({ username }) => !revoked.has(username),
      watchLimits: { perUser: 2, total: 3 },
      heartbeatMs: 20,
    });
    hub.cluster.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'p1', labels: { [PROJECT_LABEL]: 'true' } },
    });
    await hub.server.listen({ host: '127.0.0.1', port: 0 });
    const address = hub.server.server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  after(async () => await hub.close());

  async function open(user: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request({
      host: '127.0.0.1',
      port,
      path: PATH,
      agent: false,
      // Who the hub is does not matter here.
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${user}`, accept: 'text/event-stream', ...headers },
    });
    sent.on('response', resolve).on('error', reject).end();
    return await promise;
  }
  async function codeOf(response: IncomingMessage): Promise<string> {
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return z.looseObject({ code: z.string() }).parse(JSON.parse(text)).code;
  }

  test('tells all there is, then each change, with heartbeats between', async () => {
    hub.cluster.put(cluster('a'));
    const response = await open('alice');
    assert.match(String(response.headers['content-type']), /^text\/event-stream/);
    assert.equal(response.headers['cache-control'], 'no-store');
    const events = readEvents(response);
    const { event, data, id } = await nextOf(events);
    assert.equal(event, 'listed');
    const { items, version } = Items.parse(data);
    assert.deepEqual(
      items.map(({ name }) => name),
      ['a'],
    );
    assert.equal(id, version);
    await until(
      () => hub.cluster.calls.filter((call) => call.endsWith('/namespaces/p1/clusters')).length > 1,
    );
    hub.cluster.put(cluster('b'));
    let next = await nextOf(events);
    while (next.event === 'heartbeat') next = await nextOf(events);
    assert.equal(next.event, 'added');
    assert.equal(z.looseObject({ name: z.string() }).parse(next.data).name, 'b');
    while (next.event !== 'heartbeat') next = await nextOf(events);
    response.destroy();
  });

  test('goes on from the version of a list without repeating it', async () => {
    const from = hub.cluster.objects.version;
    const response = await open('bob', { 'last-event-id': from });
    const events = readEvents(response);
    assert.equal((await nextOf(events)).event, 'heartbeat');
    hub.cluster.put(cluster('c'));
    let next = await nextOf(events);
    while (next.event === 'heartbeat') next = await nextOf(events);
    assert.ok(['added', 'listed'].includes(next.event), next.event);
    response.destroy();
    assert.equal(await codeOf(await open('bob', { 'last-event-id': 'x' })), 'REQUEST_INVALID');
  });

  test('is counted, for each user and for all, until its client goes', async () => {
    const first = await open('carol');
    const second = await open('carol');
    const refused = await open('carol');
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(await codeOf(refused), 'WATCHES_TOO_MANY');
    const third = await open('dave');
    assert.equal(await codeOf(await open('dave')), 'WATCHES_TOO_MANY');
    for (const response of [first, second, third]) response.destroy();
    await untilAsync(async () => {
      const again = await open('carol');
      again.destroy();
      return again.statusCode === 200;
    });
  });

  test('ends when its user may no longer see what it tells', async () => {
    await untilAsync(async () => {
      const response = await open('erin');
      if (response.statusCode !== 200) return false;
      revoked.add('erin');
      await response.toArray();
      return true;
    });
    assert.equal(await codeOf(await open('erin')), 'ACCESS_DENIED');
  });

  test('fails with a status before it has begun', async () => {
    hub.cluster.fail({
      method: 'GET',
      path: /\/clusters$/,
      times: 9,
      how: { status: 403, message: 'User "hub" cannot list' },
    });
    const response = await open('frank');
    assert.equal(response.statusCode, 502);
    hub.cluster.mend();
  });

  test('ends with the hub', async () => {
    const response = await open('grace');
    const ended = response.toArray();
    await hub.server.close();
    await ended;
  });
});

function cluster(name: string): KubeObject {
  return {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { namespace: 'p1', name },
    spec: {},
  };
}

async function* readEvents(response: IncomingMessage) {
  let rest = '';
  for await (const chunk of response) {
    const blocks = (rest + String(chunk)).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.replace(/: .*/, ''), line.replace(/^\w+: /, '')]),
      );
      const data: unknown = JSON.parse(fields.get('data') ?? 'null');
      yield { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data };
    }
  }
}

async function nextOf<T>(events: AsyncGenerator<T>): Promise<T> {
  const { value, done } = await events.next();
  assert.ok(done !== true, 'the stream ended');
  return value;
}

async function until(holds: () => boolean): Promise<void> {
  await untilAsync(async () => holds());
}

async function untilAsync(holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!(await holds())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
