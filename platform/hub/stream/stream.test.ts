import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import type { KubeObject } from '../../../apply/object.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { readEvents } from '../../client/connection/event-stream.ts';
import { sampleSpec } from '../testing/sample-objects.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';

const Data = z.object({ kind: z.string(), object: z.looseObject({ name: z.string(), project: z.string() }) });

interface Told {
  readonly event: string;
  readonly what: string;
  readonly id: string | undefined;
}

describe('a watch of several kinds', () => {
  let hub: ScriptedHub;
  let port: number;
  const open = new Set<IncomingMessage>();
  /** By user: where they may watch; a user of whom nothing is said may everywhere. */
  const allowed = new Map<string, readonly string[]>();

  beforeEach(async () => {
    allowed.clear();
    hub = await startScriptedHub({
      permits: ({ username }, { namespace }) => {
        const projects = allowed.get(username);
        return projects === undefined || (namespace !== undefined && projects.includes(namespace));
      },
      watchLimits: { perUser: 2, total: 3 },
      heartbeatMs: 20,
    });
    hub.cluster.put(project('p1'), project('p2'));
    await hub.server.listen({ host: '127.0.0.1', port: 0 });
    const address = hub.server.server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterEach(async () => {
    for (const response of open) response.destroy();
    open.clear();
    await hub.close();
  });

  async function ask(query: string, user = 'alice', headers: Record<string, string> = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const path = `/api/v1/watch?${query}`;
    const authorization = `Bearer ${user}`;
    // Who the hub is does not matter here.
    const how = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false };
    request({ ...how, headers: { authorization, ...headers } })
      .on('response', resolve)
      .on('error', reject)
      .end();
    const response = await promise;
    open.add(response);
    return response;
  }

  async function codeOf(...asked: Parameters<typeof ask>): Promise<string> {
    const response = await ask(...asked);
    const text = (await response.setEncoding('utf8').toArray()).join('');
    const { status, code } = z.looseObject({ status: z.number(), code: z.string() }).parse(JSON.parse(text));
    return `${status} ${code}`;
  }

  test('tells all there is, that this was all, and then each change', async () => {
    hub.cluster.put(cluster('a'), cluster('b', 'p2'), alert('x'));
    const response = await ask('kinds=alerts,clusters');
    assert.match(String(response.headers['content-type']), /^text\/event-stream/);
    const events = read(response);
    await hubSees(hub, 3);
    assert.deepEqual(await take(events, 4), [
      'put clusters p1/a',
      'put clusters p2/b',
      'put alerts p1/x',
      'synced',
    ]);
    hub.cluster.put(cluster('c'));
    assert.deepEqual(await take(events, 1), ['put clusters p1/c']);
    hub.cluster.objects.delete('Cluster.skerry.dev p1/a');
    // The API server here says first that it is about to go.
    let [told] = await take(events, 1);
    if (told === 'put clusters p1/a') [told] = await take(events, 1);
    assert.equal(told, 'delete clusters p1/a');
  });

  test('goes on from the last event with what was missed, in whichever way it is named', async () => {
    const first = read(await ask('kinds=clusters'));
    const synced = await next(first);
    assert.equal(synced.event, 'synced');
    hub.cluster.put(cluster('a'));
    const { id = '' } = await next(first);
    hub.cluster.put(cluster('b'));
    assert.equal((await next(first)).what, 'clusters p1/b');
    for (const [query, headers] of [
      ['kinds=clusters', { 'last-event-id': id }],
      [`kinds=clusters&cursor=${id}`, {}],
      [`kinds=clusters&cursor=${synced.id}`, { 'last-event-id': id }],
    ] as const) {
      const response = await ask(query, 'bob', headers);
      assert.deepEqual(await take(read(response), 2), ['put clusters p1/b', 'synced']);
      response.destroy();
    }
  });

  test('is refused with 410 where what was missed is not known', async () => {
    const id = (await next(read(await ask('kinds=clusters')))).id ?? '';
    const elsewhere = Buffer.from(`1;${Buffer.from(id, 'base64url').toString().split(';')[1]};clusters:1`);
    assert.equal(
      await codeOf(`kinds=clusters&cursor=${elsewhere.toString('base64url')}`),
      '410 WATCH_EXPIRED',
    );
    // Another set of kinds is another stream.
    assert.equal(await codeOf(`kinds=clusters,alerts&cursor=${id}`), '410 WATCH_EXPIRED');
    assert.equal(await codeOf('kinds=clusters&cursor=abc'), '400 REQUEST_INVALID');
    assert.equal(await codeOf('kinds=clusters,pods'), '400 REQUEST_INVALID');
    assert.equal(await codeOf(''), '400 REQUEST_INVALID');
  });

  test('shows each user the projects that they may see, and no others', async () => {
    allowed.set('member', ['p2']);
    allowed.set('stranger', []);
    hub.cluster.put(cluster('a'), cluster('b', 'p2'));
    await hubSees(hub, 2);
    const events = read(await ask('kinds=clusters', 'member'));
    assert.deepEqual(await take(events, 2), ['put clusters p2/b', 'synced']);
    hub.cluster.put(cluster('c'), cluster('d', 'p2'));
    assert.deepEqual(await take(events, 1), ['put clusters p2/d']);
    const one = read(await ask('kinds=clusters&project=p2', 'member'));
    assert.deepEqual(await take(one, 3), ['put clusters p2/b', 'put clusters p2/d', 'synced']);
    assert.equal(await codeOf('kinds=clusters&project=p1', 'member'), '403 ACCESS_DENIED');
    assert.equal(await codeOf('kinds=clusters', 'stranger'), '403 ACCESS_DENIED');
    assert.equal(await codeOf('kinds=clusters&project=p9'), '404 PROJECT_NOT_FOUND');
  });

  test('ends when a right is taken back, and begins again when there are more', async () => {
    allowed.set('member', ['p1', 'p2']);
    const response = await ask('kinds=clusters', 'member');
    const id = (await next(read(response))).id ?? '';
    allowed.set('member', ['p2']);
    await ended(response);
    assert.equal(await codeOf(`kinds=clusters&cursor=${id}`, 'member'), '410 WATCH_EXPIRED');
    const again = await ask('kinds=clusters', 'member');
    allowed.set('member', ['p1', 'p2']);
    await ended(again);
  });

  test('is counted with other watches, for each user and for all', async () => {
    await ask('kinds=clusters', 'carol');
    await ask('kinds=clusters', 'carol');
    assert.equal(await codeOf('kinds=clusters', 'carol'), '429 WATCHES_TOO_MANY');
    await ask('kinds=clusters', 'dave');
    assert.equal(await codeOf('kinds=clusters', 'erin'), '429 WATCHES_TOO_MANY');
  });

  test('keeps for a client that takes nothing no more than how everything is now', async () => {
    const big = (version: number) => ({
      ...cluster('big'),
      spec: { profiles: [{ name: 'x'.repeat(40_000), version: String(version) }] },
    });
    hub.cluster.put(big(0));
    await hubSees(hub, 1);
    const response = await ask('kinds=clusters');
    const events = readEvents(response);
    await events.next();
    response.pause();
    const changes = 800;
    for (let version = 1; version <= changes; version++) {
      const stored = hub.cluster.objects.find('Cluster.skerry.dev p1/big');
      assert.ok(stored);
      hub.cluster.objects.replace({ ...stored, spec: big(version).spec });
      if (version % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    let told = 0;
    let last = '';
    while (!last.includes(`"version":"${changes}"`)) {
      const { value, done } = await events.next();
      assert.ok(done !== true);
      if (value.event === 'put') told++;
      last = value.data;
    }
    // Some were on their way already; the others were never written.
    assert.ok(told < changes, `${told} of ${changes}`);
  });

  test('tells a revision without its envelope', async () => {
    hub.cluster.put({
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'ClusterRevision',
      metadata: { namespace: 'p1', name: 'one-1' },
      spec: sampleSpec('ClusterRevision'),
    });
    await hubSees(hub, 1);
    const response = await ask('kinds=clusterrevisions');
    for await (const { event, data } of readEvents(response)) {
      assert.equal(event, 'put');
      assert.match(data, /"number":1/);
      assert.doesNotMatch(data, /envelope/);
      break;
    }
  });
});

/** What a hub hears of comes a moment after the API server has it. */
async function hubSees(hub: ScriptedHub, count: number): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  const seen = () => [...hub.seen.values()].reduce((sum, { size }) => sum + size, 0);
  while (seen() < count) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function* read(response: IncomingMessage): AsyncGenerator<Told, void, undefined> {
  for await (const { event, data, id } of readEvents(response)) {
    if (event === 'heartbeat') continue;
    if (event === 'synced') yield { event, what: '', id };
    else {
      const { kind, object } = Data.parse(JSON.parse(data));
      yield { event, what: `${kind} ${object.project}/${object.name}`, id };
    }
  }
}

async function next(events: AsyncGenerator<Told, void, undefined>): Promise<Told> {
  const { value, done } = await events.next();
  assert.ok(done !== true, 'the stream ended');
  return value;
}

async function take(events: AsyncGenerator<Told, void, undefined>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { event, what } = await next(events);
    taken.push(`${event} ${what}`.trim());
  }
  return taken;
}

async function ended(response: IncomingMessage): Promise<void> {
  await response.toArray();
}

function project(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PROJECT_LABEL]: 'true' } } };
}

function cluster(name: string, namespace = 'p1'): KubeObject {
  return { apiVersion: 'skerry.dev/v1alpha1', kind: 'Cluster', metadata: { namespace, name }, spec: {} };
}

function alert(name: string): KubeObject {
  return {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'Alert',
    metadata: { namespace: 'p1', name },
    spec: sampleSpec('Alert'),
  };
}
