import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { DEFAULT_RETRY } from '../../../content/remote/retry.ts';
import { startTlsServer, type TlsServer } from '../testing/tls-server.ts';
import { HubConnection } from './connection.ts';

const PROBLEM = {
  type: 'tag:skerry.dev,2025:error/OBJECT_INVALID',
  title: 'The cluster refuses this object as invalid.',
  status: 422,
  instance: 'urn:uuid:1',
  code: 'OBJECT_INVALID',
  subject: 'Cluster payments/edge-1',
  remedy: 'Correct the fields named in errors.',
  errors: [{ path: 'spec.profiles[0].version', message: 'no such version' }],
};

describe('a connection to a hub', () => {
  let server: TlsServer;
  let hub: HubConnection;
  let asked: { method: string; path: string; authorization: string | undefined }[];
  let pauses: number[];
  let answer: (response: ServerResponse, request: IncomingMessage, count: number) => void;

  beforeEach(async () => {
    asked = [];
    pauses = [];
    server = await startTlsServer((request, response) => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, path: url, authorization: headers.authorization });
      answer(response, request, asked.length);
    });
    hub = connect(server.ca);
  });
  afterEach(async () => {
    await hub.close();
    await server.close();
  });

  function connect(ca: string | undefined, limits: { answerWithinMs?: number; silenceMs?: number } = {}) {
    const sleep = async (ms: number) => {
      pauses.push(ms);
    };
    const retry = { ...DEFAULT_RETRY, tries: 3, maxAskedMs: 60_000, random: () => 1, sleep };
    return new HubConnection({ url: server.url, ca, token: 'secret' }, { retry, ...limits });
  }
  async function codeOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
      return 'OK';
    } catch (error) {
      assert.ok(isSkerryError(error), String(error));
      assert.ok(!error.message.includes('secret'));
      return error.code;
    }
  }
  const json = (response: ServerResponse, status: number, body: unknown, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const get = { method: 'GET', path: '/version' } as const;

  test('sends the token, and gives the answer with its tag', async () => {
    answer = (response) => json(response, 200, { version: '1' }, { etag: '"7"' });
    assert.deepEqual(await hub.send(get), { status: 200, etag: '"7"', body: { version: '1' } });
    assert.deepEqual(asked, [{ method: 'GET', path: '/version', authorization: 'Bearer secret' }]);
  });

  test("fails with the hub's own code, subject, remedy and fields", async () => {
    answer = (response) => json(response, 422, PROBLEM);
    await assert.rejects(hub.send({ method: 'POST', path: '/', body: {} }), {
      code: 'OBJECT_INVALID',
      subject: 'Cluster payments/edge-1',
      remedy: 'Correct the fields named in errors.',
      detail: 'spec.profiles[0].version: no such version',
      status: 422,
      exit: 2,
    });
    assert.equal(asked.length, 1);
  });

  test('waits as long as the hub asks, and asks again', async () => {
    answer = (response, _, count) =>
      count < 3
        ? json(response, [503, 429][count - 1] ?? 0, PROBLEM, { 'retry-after': '7' })
        : json(response, 200, {});
    assert.equal((await hub.send({ method: 'POST', path: '/', body: {} })).status, 200);
    assert.deepEqual(pauses, [7000, 7000]);
  });

  test('gives up on a hub that stays away, with what it said', async () => {
    answer = (response) => json(response, 503, { ...PROBLEM, code: 'NOT_READY' });
    assert.equal(await codeOf(hub.send(get)), 'NOT_READY');
    assert.equal(asked.length, 3);
  });

  test('sends again what was cut off, unless it must not be', async () => {
    answer = (response, request, count) => (count === 1 ? request.socket.destroy() : json(response, 200, {}));
    assert.equal((await hub.send({ method: 'PUT', path: '/', body: {} })).status, 200);
    asked.length = 0;
    const once = { method: 'POST', path: '/', body: {}, repeatable: false } as const;
    assert.equal(await codeOf(hub.send(once)), 'HUB_UNREACHABLE');
    assert.equal(asked.length, 1);
  });

  test('takes no answer for one of a hub that is none', async () => {
    for (const [status, body] of [
      [200, '<html>'],
      [404, '<html>'],
      [302, ''],
    ] as const) {
      answer = (response) => response.writeHead(status, { location: 'https://elsewhere.example/' }).end(body);
      assert.equal(await codeOf(hub.send(get)), 'HUB_ANSWER_INVALID');
    }
  });

  test('does not wait for an answer without end, and stops on its signal', async () => {
    answer = () => {};
    const hasty = connect(server.ca, { answerWithinMs: 50 });
    assert.equal(await codeOf(hasty.send(get)), 'HUB_UNREACHABLE');
    await hasty.close();
    const stop = new AbortController();
    const reason = new Error('stopped');
    answer = () => stop.abort(reason);
    await assert.rejects(hub.send({ ...get, signal: stop.signal }), reason);
  });

  test('trusts nothing but the certificates that it was given', async () => {
    answer = (response) => json(response, 200, {});
    const stranger = await startTlsServer(() => {});
    for (const ca of [undefined, stranger.ca]) {
      const other = connect(ca);
      assert.equal(await codeOf(other.send(get)), 'HUB_UNREACHABLE');
      await other.close();
    }
    await stranger.close();
    assert.deepEqual(asked, []);
  });

  test('gives events as they come, and fails where they break off or stay away', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: added\ndata: {}\n\n');
    };
    const silent = connect(server.ca, { silenceMs: 50 });
    const seen: string[] = [];
    const watch = async () => {
      for await (const { event } of silent.events(get)) seen.push(event);
    };
    assert.equal(await codeOf(watch()), 'HUB_UNREACHABLE');
    assert.deepEqual(seen, ['added']);
    answer = (response) => json(response, 403, { ...PROBLEM, code: 'ACCESS_DENIED' });
    assert.equal(await codeOf(watch()), 'ACCESS_DENIED');
    await silent.close();
  });
});
