import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Agent } from 'undici';
import { isSkerryError } from '../../content/error.ts';
import type { Clock } from '../clock.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { createKubeClient } from './kube.ts';
import { createTransport, type Transport } from './transport.ts';
import { watchObjects } from './watch.ts';

/** What the API server says, one answer for one call of a path; the last one stays. */
type Answer = {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  hangUp?: boolean;
  silent?: boolean;
};

const pods = {
  resources: [
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'pods/log', kind: 'Pod', namespaced: true },
  ],
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', resourceVersion: '1' },
};
const reference = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default' } };
const PATH = '/api/v1/namespaces/default/pods/a';

describe('the client of a cluster', () => {
  const script = new Map<string, Answer[]>();
  const calls: { method: string; url: URL; body: string; type: string | undefined }[] = [];
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
    },
  };
  let client: KubeClient;
  let port = 0;

  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cluster');
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    calls.push({ method: request.method ?? '', url, body, type: request.headers['content-type'] });
    const answers = script.get(url.pathname) ?? [{ status: 404, body: {} }];
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next === undefined || next.hangUp === true) return void request.socket.destroy();
    if (next.silent === true) return void response.writeHead(200).flushHeaders();
    response.writeHead(next.status ?? 200, { 'content-type': 'application/json', ...next.headers });
    response.end(typeof next.body === 'string' ? next.body : JSON.stringify(next.body));
  }

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
    client = clientOf(port);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    script.clear();
    script.set('/api/v1', [{ body: pods }]);
    calls.length = 0;
    pauses.length = 0;
  });

  function clientOf(at: number): KubeClient {
    return createKubeClient(transportOf(at), { clock });
  }

  function transportOf(at: number): Transport {
    const headers = { authorization: 'Bearer sesame' };
    const authenticate = async () => ({ headers, connect: async () => new Agent() });
    return createTransport(
      { url: `http://127.0.0.1:${at}`, authenticate },
      { clock, random: () => 1, attempts: 3 },
    );
  }

  test('a call is tried again after a broken connection and after 503, as long as the server asks for', async () => {
    script.set(PATH, [
      { hangUp: true },
      { status: 503, headers: { 'retry-after': '7' }, body: {} },
      { body: pod },
    ]);
    assert.equal((await client.get(reference))?.metadata.resourceVersion, '1');
    assert.deepEqual(pauses, [200, 7000]);
  });

  test('after the last try the answer is an error', async () => {
    script.set(PATH, [{ status: 429, body: { kind: 'Status', message: 'too many' } }]);
    await assert.rejects(
      client.get(reference),
      (error) => isSkerryError(error, 'CLUSTER_ERROR') && /429: too many/.test(String(error)),
    );
    assert.equal(calls.filter(({ url }) => url.pathname === PATH).length, 3);
  });

  test('a server that is not there is unreachable, and the token is in no message', async () => {
    const lost = clientOf(1);
    await assert.rejects(lost.version(), (error) => {
      assert.ok(isSkerryError(error, 'CLUSTER_UNREACHABLE'));
      assert.ok(!JSON.stringify([error.message, error.detail]).includes('sesame'));
      return true;
    });
  });

  test('an abort ends a call with its reason and is not tried again', async () => {
    const reason = new Error('stop');
    await assert.rejects(
      client.get(reference, { signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
    assert.equal(calls.length, 0);
  });

  const refusals: [status: number, body: Record<string, unknown>, code: string][] = [
    [401, { message: 'Unauthorized' }, 'CLUSTER_UNAUTHORIZED'],
    [403, { message: 'pods "a" is forbidden: User "x" cannot patch resource "pods"' }, 'CLUSTER_FORBIDDEN'],
    [403, { message: 'pods "a" is forbidden: exceeded quota: q' }, 'OBJECT_REFUSED'],
    [403, { message: 'pods "a" is forbidden: violates PodSecurity "restricted:latest"' }, 'OBJECT_REFUSED'],
    [400, { message: 'admission webhook "w" denied the request: no' }, 'OBJECT_REFUSED'],
    [404, { message: 'namespaces "n" not found', reason: 'NotFound' }, 'NAMESPACE_NOT_FOUND'],
    [409, { message: 'the object has been modified', reason: 'Conflict' }, 'OBJECT_CHANGED'],
    [
      409,
      {
        message: 'c',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.spec' }],
        },
      },
      'APPLY_CONFLICT',
    ],
    [422, { message: 'Pod "a" is invalid: spec.containers: Required value' }, 'OBJECT_INVALID'],
    [
      500,
      { message: 'failed to create typed patch object: .spec.x: field not declared in schema' },
      'OBJECT_INVALID',
    ],
    [500, { message: 'boom' }, 'CLUSTER_ERROR'],
  ];
  for (const [status, body, code] of refusals) {
    test(`${status} "${String(body.message)}" is ${code}`, async () => {
      script.set(PATH, [{ status, body: { kind: 'Status', ...body } }]);
      await assert.rejects(
        client.apply(pod),
        (error) => isSkerryError(error, code) && error.subject === 'Pod default/a',
      );
    });
  }

  test('an apply names its manager and leaves out what the server keeps', async () => {
    script.set(PATH, [{ body: pod }]);
    await client.apply(
      { ...pod, metadata: { ...pod.metadata, uid: 'u', managedFields: [{}], creationTimestamp: 'then' } },
      { dryRun: true },
    );
    const call = calls.at(-1);
    assert.equal(call?.method, 'PATCH');
    assert.equal(call?.type, 'application/apply-patch+yaml');
    assert.deepEqual(Object.fromEntries(call?.url.searchParams ?? []), {
      fieldManager: 'skerry',
      fieldValidation: 'Strict',
      force: 'false',
      dryRun: 'All',
    });
    assert.deepEqual(JSON.parse(call?.body ?? ''), pod);
  });

  test('a kind that appears later is found, a known one is not asked for again', async () => {
    await assert.rejects(client.resource('v1', 'Thing'), (error) => isSkerryError(error, 'KIND_UNKNOWN'));
    script.set('/api/v1', [
      { body: { resources: [...pods.resources, { name: 'things', kind: 'Thing', namespaced: false }] } },
    ]);
    assert.equal((await client.resource('v1', 'Thing')).plural, 'things');
    const before = calls.length;
    await client.resource('v1', 'Thing');
    await client.resource('v1', 'Pod');
    assert.equal(calls.length, before);
  });

  test('a list is read to its last page and its items know what they are', async () => {
    const item = (name: string) => ({ metadata: { name } });
    script.set('/api/v1/namespaces/default/pods', [
      { body: { metadata: { resourceVersion: '5', continue: 'more' }, items: [item('a')] } },
      { body: { metadata: { resourceVersion: '5' }, items: [item('b')] } },
    ]);
    const { items, resourceVersion } = await client.list({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'default',
    });
    assert.deepEqual(
      items.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name]),
      [
        ['v1', 'Pod', 'a'],
        ['v1', 'Pod', 'b'],
      ],
    );
    assert.equal(resourceVersion, '5');
  });

  test('a watch goes on where it broke off, and lists again when that place is lost', async () => {
    const line = (type: string, name: string, resourceVersion: string) =>
      `${JSON.stringify({ type, object: { ...pod, metadata: { name, resourceVersion } } })}\n`;
    const gone = `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`;
    const list = (name: string, resourceVersion: string) => ({
      body: { metadata: { resourceVersion }, items: [{ metadata: { name } }] },
    });
    script.set('/api/v1/pods', [
      list('a', '10'),
      { body: `${line('MODIFIED', 'a', '11')}${line('BOOKMARK', '', '12')}{"cut o` },
      { body: `${line('DELETED', 'a', '13')}${gone}` },
      { status: 500, body: {} },
      list('b', '20'),
      { body: line('ADDED', 'c', '21') },
    ]);
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const event of client.watch({ apiVersion: 'v1', kind: 'Pod' }, controller.signal)) {
      seen.push(textOf(event));
      if (event.type === 'added') controller.abort();
    }
    assert.deepEqual(seen, ['listed a', 'modified a', 'deleted a', 'listed b', 'added c']);
    const positions = calls
      .filter(({ url }) => url.searchParams.has('watch'))
      .map(({ url }) => url.searchParams.get('resourceVersion'));
    assert.deepEqual(positions.slice(0, 3), ['10', '12', '20']);
  });

  test('a watch that is answered with nonsense, or whose reader has a mistake, ends with that', async () => {
    const list = { body: { metadata: { resourceVersion: '10' }, items: [] } };
    const watch = async (body: string) => {
      script.set('/api/v1/pods', [list, { body }]);
      const signal = AbortSignal.timeout(20_000);
      for await (const event of client.watch({ apiVersion: 'v1', kind: 'Pod' }, signal))
        if (event.type !== 'listed') throw new TypeError('a mistake of the reader');
    };
    await assert.rejects(watch('<html>login</html>\n'), (error) =>
      isSkerryError(error, 'CLUSTER_ANSWER_INVALID'),
    );
    const added = JSON.stringify({ type: 'ADDED', object: pod });
    await assert.rejects(watch(`${added}\n`), TypeError);
  });

  test('a watch whose server has gone silent goes on with another connection', async () => {
    const lines = [
      { body: { metadata: { resourceVersion: '10' }, items: [] } },
      { silent: true },
      { body: `${JSON.stringify({ type: 'ADDED', object: pod })}\n` },
    ];
    script.set('/api/v1/pods', lines);
    const controller = new AbortController();
    const events = watchObjects({
      client,
      transport: transportOf(port),
      selection: { apiVersion: 'v1', kind: 'Pod' },
      signal: controller.signal,
      pathOf: () => '/api/v1/pods',
      clock,
      connectionMs: 50,
    });
    const seen: string[] = [];
    for await (const event of events) {
      seen.push(event.type);
      if (event.type === 'added') controller.abort();
    }
    assert.deepEqual(seen, ['listed', 'added']);
  });
});

function textOf(event: WatchEvent): string {
  const objects = event.type === 'listed' ? event.objects : [event.object];
  return [event.type, ...objects.map(({ metadata }) => metadata.name)].join(' ');
}
