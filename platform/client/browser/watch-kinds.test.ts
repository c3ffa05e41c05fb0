import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HubFetch, type InputOf } from './hub-fetch.ts';
import { HubProblem, problemIn } from './hub-problem.ts';
import { type KindChange, watchKinds } from './watch-kinds.ts';

type Asked = InputOf<'GET /api/v1/watch'>;

describe('a watch of several kinds, as a page keeps it', () => {
  /** What each connection tells, and how it ends. */
  async function watched(streams: readonly (readonly string[] | HubProblem)[], count: number) {
    const asked: Asked[] = [];
    const left = [...streams];
    const stop = new AbortController();
    const hub: Pick<HubFetch, 'events'> = {
      events: async function* (_name, input) {
        asked.push(input);
        const stream = left.shift();
        if (stream === undefined) return stop.abort();
        if (stream instanceof HubProblem) throw stream;
        for (const line of stream) {
          const [event = '', name = '', id] = line.split(' ');
          const object = { name, project: 'p' };
          yield { event, data: JSON.stringify({ kind: 'clusters', object }), id };
        }
      },
    };
    const changes: string[] = [];
    const pause = async () => undefined;
    for await (const change of watchKinds({ hub, kinds: ['clusters'], signal: stop.signal, pause })) {
      if (change.type !== 'lost') changes.push(textOf(change));
      if (changes.length === count) break;
    }
    return { changes, cursors: asked.map(({ headers }) => headers?.['last-event-id']) };
  }

  test('goes on where it was', async () => {
    const { changes, cursors } = await watched(
      [
        ['put a', 'synced - 1', 'put b 2'],
        ['put c 3', 'synced - 3'],
      ],
      5,
    );
    assert.deepEqual(changes, ['put a', 'synced', 'put b', 'put c', 'synced']);
    assert.deepEqual(cursors, [undefined, '2']);
  });

  test('begins again where the hub does not know the place, and says what went meanwhile', async () => {
    const expired = problem(410, 'WATCH_EXPIRED');
    const { changes, cursors } = await watched(
      [['put a', 'put b', 'synced - 1'], expired, ['put b', 'synced - 9']],
      6,
    );
    assert.deepEqual(changes, ['put a', 'put b', 'synced', 'put b', 'delete a', 'synced']);
    assert.deepEqual(cursors, [undefined, '1', undefined]);
  });

  test('waits for what passes, and throws what does not', async () => {
    const away = problem(503, 'NOT_READY');
    assert.deepEqual((await watched([away, away, ['synced - 1']], 1)).changes, ['synced']);
    await assert.rejects(watched([problem(403, 'ACCESS_DENIED')], 1), /ACCESS_DENIED/);
  });
});

describe('a call of a page', () => {
  test('is sent once more after somebody has signed in again', async () => {
    const answers = [
      new Response(JSON.stringify(problem(401, 'SESSION_ENDED').problem), { status: 401 }),
      ok(),
    ];
    const sent: [string, RequestInit | undefined][] = [];
    let signedOut = 0;
    const hub = new HubFetch({
      origin: 'https://hub.test',
      fetch: async (url, init) => {
        sent.push([String(url), init]);
        return answers.shift() ?? ok();
      },
      onSignedOut: async ({ code }) => {
        assert.equal(code, 'SESSION_ENDED');
        signedOut++;
      },
    });
    const { body, etag } = await hub.tagged('PATCH /api/v1/projects/{project}/clusters/{name}', {
      params: { project: 'p', name: 'a' },
      query: { dryRun: 'true' },
      headers: { 'if-match': '"1"' },
      body: { spec: { paused: true } },
    });
    assert.deepEqual([body.name, etag, signedOut, sent.length], ['a', '"2"', 1, 2]);
    const [url, init] = sent[1] ?? ['', undefined];
    assert.equal(url, 'https://hub.test/api/v1/projects/p/clusters/a?dryRun=true');
    assert.deepEqual(init?.headers, {
      accept: 'application/json',
      'if-match': '"1"',
      'content-type': 'application/merge-patch+json',
    });
    await assert.rejects(
      hub.call('GET /api/v1/projects/{project}', { params: { project: '..' } }),
      TypeError,
    );
  });

  test('says what went wrong, also where no hub answered', async () => {
    assert.equal(problemIn(502, '<html>').code, 'HUB_ANSWER_INVALID');
    const hub = new HubFetch({ fetch: async () => new Response('<html>', { status: 502 }) });
    await assert.rejects(
      hub.call('GET /version', {}),
      (error) => error instanceof HubProblem && error.status === 502,
    );
  });
});

function ok(): Response {
  return new Response(JSON.stringify({ name: 'a' }), { status: 200, headers: { etag: '"2"' } });
}

function problem(status: number, code: string): HubProblem {
  return new HubProblem({ type: '', title: code, status, instance: '', code, subject: '', remedy: '' });
}

function textOf(change: Exclude<KindChange<'clusters'>, { type: 'lost' }>): string {
  return 'object' in change ? `${change.type} ${change.object.name}` : change.type;
}
