import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { createKubeClient } from '../../../apply/client/kube.ts';
import { createTransport } from '../../../apply/client/transport.ts';
import { applyError } from '../../../apply/errors.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { platformError } from '../../errors.ts';
import { apiRoutes } from '../api.ts';
import type { Action } from '../kubernetes.ts';
import { Catalog } from '../packs/catalog.ts';
import { pushSamplePack } from '../testing/sample-packs.ts';
import { makeAuthority, makeServing } from '../tls/certificate.ts';
import { PROBLEM_TYPE, Problem } from './problem.ts';
import { buildServer, type HubServer } from './server.ts';

const PREFIX = 'packs';
const now = new Date();

describe('the hub’s API', () => {
  let server: HubServer;
  let actions: Action[];
  let lines: string[];
  let paths: string[];
  let time = 0;
  let failure: Error | undefined;
  let ready: Error | undefined;

  const read: KubeClient['read'] = async (path) => {
    if (failure !== undefined) throw failure;
    paths.push(path);
    const next = path.includes('continue=') ? {} : { continue: 'there-is-more' };
    const text = JSON.stringify({ metadata: { ...next, resourceVersion: '7' }, items: [] });
    return { status: 200, text };
  };

  const nowhere = async () => {
    throw new Error('no cluster here');
  };

  before(async () => {
    const store = new MemoryStore();
    for (const version of ['1.0.0', '1.1.0'])
      await pushSamplePack(store, PREFIX, { name: 'podinfo', version });
    await pushSamplePack(store, PREFIX, { name: 'coredns', version: '1.15.0', config: { layer: 'network' } });
    await pushSamplePack(store, PREFIX, { name: 'broken', version: '1.0.0', config: { layer: 'roof' } });
    const { signal } = new AbortController();
    const clock = () => time;
    const routes = apiRoutes({
      catalog: new Catalog({ store, prefix: PREFIX, now: clock, signal }),
      client: { ...createKubeClient(createTransport({ url: '', authenticate: nowhere })), read },
      access: { permits: async () => true },
      seen: new Map(),
      randomId: () => 'id',
      version: '9.9.9',
      checks: [
        { name: 'registry', run: async () => undefined },
        {
          name: 'kubernetes',
          run: async () => {
            if (ready !== undefined) throw ready;
          },
        },
      ],
      now: clock,
    });
    server = buildServer({
      routes,
      access: {
        authenticate: async ({ authorization }) => {
          if (authorization === 'Bearer good')
            return { user: { username: 'alice' }, via: 'bearer', cookies: [] };
          throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
        },
        authorize: async (_user, action) => {
          actions.push(action);
          if (action.name === 'coredns') throw platformError('ACCESS_DENIED', { subject: 'coredns' });
        },
      },
      tls: await makeServing(await makeAuthority(now), ['localhost'], now),
      log: { level: 'info', stream: { write: (line: string) => lines.push(line) > 0 } },
    });
    await server.ready();
  });
  after(async () => await server.close());
  beforeEach(() => {
    actions = [];
    lines = [];
    paths = [];
    failure = undefined;
    ready = undefined;
    time += 1_000_000;
  });

  const get = async (url: string, authorization: string | undefined = 'Bearer good') =>
    await server.inject({ url, headers: authorization === '' ? {} : { authorization } });
  const problem = async (url: string, authorization?: string) => {
    const response = await get(url, authorization);
    assert.match(
      String(response.headers['content-type']),
      new RegExp(`^${PROBLEM_TYPE.replace('+', '\\+')}`),
    );
    const body = z.strictObject(Problem.shape).parse(response.json());
    assert.equal(body.status, response.statusCode);
    assert.equal(body.instance, `urn:uuid:${response.headers['x-request-id']}`);
    assert.ok(body.type.endsWith(body.code));
    return body;
  };

  test('lists packs with their newest version, and a broken one with what is wrong with it', async () => {
    const { items } = (await get('/api/v1/packs')).json();
    assert.deepEqual(
      items.map(({ name, version, layer, unreadable }: Record<string, unknown>) => ({
        name,
        version,
        layer,
        unreadable,
      })),
      [
        {
          name: 'broken',
          version: '1.0.0',
          layer: undefined,
          unreadable: { code: 'PACK_UNREADABLE', detail: items[0].unreadable.detail },
        },
        { name: 'coredns', version: '1.15.0', layer: 'network', unreadable: undefined },
        { name: 'podinfo', version: '1.1.0', layer: 'addon', unreadable: undefined },
      ],
    );
    assert.match(items[0].unreadable.detail, /layer/);
    assert.deepEqual(actions, [
      { verb: 'list', group: 'skerry.dev', resource: 'packs', namespace: undefined, name: undefined },
    ]);
  });

  test('gives lists in pages', async () => {
    const first = (await get('/api/v1/packs?limit=2')).json();
    assert.equal(first.items.length, 2);
    const second = (await get(`/api/v1/packs?limit=2&continue=${first.continue}`)).json();
    assert.equal(second.items[0].name, 'podinfo');
    assert.equal(second.continue, undefined);
    const versions = (await get('/api/v1/packs/podinfo?limit=1')).json();
    assert.equal(versions.items[0].version, '1.1.0');
    const rest = (await get(`/api/v1/packs/podinfo?limit=1&continue=${versions.continue}`)).json();
    assert.equal(rest.items[0].version, '1.0.0');
    assert.equal(rest.continue, undefined);
  });

  test('tells everything about a version of a pack', async () => {
    const pack = (await get('/api/v1/packs/podinfo/versions/1.0.0')).json();
    assert.deepEqual(pack.values, { replicas: 1 });
    assert.deepEqual(pack.valuesSchema.properties, { replicas: { type: 'integer' } });
    assert.match(pack.digest, /^sha256:[0-9a-f]{64}$/);
    assert.match(pack.chart.digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(actions, [
      { verb: 'get', group: 'skerry.dev', resource: 'packs', namespace: undefined, name: 'podinfo' },
    ]);
  });

  test('reads a list from the API server, whole, while it has not seen all objects yet', async () => {
    const answer = (await get('/api/v1/clusterprofiles?limit=5')).json();
    assert.deepEqual(answer, { items: [], total: 0, version: '7' });
    const path = '/apis/skerry.dev/v1alpha1/clusterprofiles?limit=500';
    assert.deepEqual(paths, [path, `${path}&continue=there-is-more`]);
  });

  test('answers what is wrong with a request', async () => {
    for (const [url, code, subject] of [
      ['/api/v1/packs?limit=0', 'REQUEST_INVALID', 'limit'],
      ['/api/v1/packs?limit=9999', 'REQUEST_INVALID', 'limit'],
      ['/api/v1/packs?limt=1', 'REQUEST_INVALID', 'limt'],
      ['/api/v1/packs?continue=x', 'REQUEST_INVALID', 'continue'],
      ['/api/v1/packs/No_Name', 'REQUEST_INVALID', 'name'],
      ['/api/v1/packs/..%2f..%2fother', 'REQUEST_INVALID', 'name'],
      ['/api/v1/packs/podinfo/versions/latest', 'REQUEST_INVALID', 'version'],
      ['/api/v1/packs/podinfo/versions/7.0.0', 'PACK_NOT_FOUND', 'podinfo 7.0.0'],
      ['/api/v1/packs/nothing', 'PACK_NOT_FOUND', 'nothing'],
      ['/api/v1/packs/broken/versions/1.0.0', 'PACK_UNREADABLE', 'broken 1.0.0'],
      ['/api/v2/packs', 'ROUTE_NOT_FOUND', 'GET /api/v2/packs'],
      ['/%zz', 'REQUEST_INVALID', 'request'],
    ] as const) {
      const answer = await problem(url);
      assert.deepEqual({ code: answer.code, subject: answer.subject }, { code, subject }, url);
    }
  });

  test('says to those without a token that they need one, and nothing more', async () => {
    for (const url of [
      '/api/v1/packs',
      '/api/v1/packs?limit=0',
      '/api/v1/packs/nothing',
      '/api/v1/clusterprofiles',
    ]) {
      for (const header of ['', 'Bearer bad']) {
        assert.equal((await problem(url, header)).code, 'UNAUTHENTICATED');
        assert.match(String((await get(url, header)).headers['www-authenticate']), /^Bearer/);
      }
    }
    assert.deepEqual(actions, []);
    assert.equal((await problem('/api/v1/packs/coredns')).code, 'ACCESS_DENIED');
    assert.equal((await problem('/api/v1/packs/coredns/versions/1.15.0')).code, 'ACCESS_DENIED');
  });

  test('lets everyone see health, readiness, version and the document', async () => {
    for (const url of ['/healthz', '/readyz', '/version', '/openapi.json']) {
      assert.equal((await get(url, '')).statusCode, 200, url);
    }
    assert.equal((await get('/version', '')).json().version, '9.9.9');
  });

  test('is not ready while something that it needs is missing, and says what by its code alone', async () => {
    ready = applyError('CLUSTER_UNREACHABLE', { subject: 'https://10.0.0.1', detail: 'secret place' });
    const answer = await problem('/readyz', '');
    assert.equal(answer.code, 'NOT_READY');
    assert.equal(answer.status, 503);
    assert.equal(answer.detail, 'kubernetes: CLUSTER_UNREACHABLE');
    assert.equal((await get('/healthz', '')).statusCode, 200);
    ready = undefined;
    time += 1_000;
    assert.equal((await get('/readyz', '')).statusCode, 200);
  });

  test('answers a known failure by its code and an unknown one without what was inside', async () => {
    failure = applyError('CLUSTER_UNREACHABLE', { subject: 'cluster' });
    assert.equal((await problem('/api/v1/clusterprofiles')).status, 503);
    failure = new Error('inner secret');
    const answer = await problem('/api/v1/clusterprofiles');
    assert.equal(answer.code, 'HUB_FAILED');
    assert.equal(answer.status, 500);
    assert.ok(!JSON.stringify(answer).includes('inner secret'));
    assert.ok(lines.join('').includes('inner secret'), 'it is in the log');
  });

  test('writes a log of JSON lines with the request’s id and no secret, and none for probes', async () => {
    const response = await get('/api/v1/packs?continue=hidden', 'Bearer hidden');
    const records = lines.map((line): unknown => JSON.parse(line));
    const ids = z.array(z.looseObject({ reqId: z.string() })).parse(records);
    assert.ok(ids.length > 0 && ids.every(({ reqId }) => reqId === response.headers['x-request-id']));
    assert.ok(!lines.join('').includes('hidden'));
    lines = [];
    await get('/healthz', '');
    await get('/readyz', '');
    assert.deepEqual(lines, []);
  });

  test('takes nothing but reading', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const response = await server.inject({
        method,
        url: '/api/v1/packs',
        headers: { authorization: 'Bearer good' },
      });
      assert.equal(response.json().code, 'ROUTE_NOT_FOUND', method);
    }
    assert.equal((await server.inject({ method: 'HEAD', url: '/api/v1/packs' })).statusCode, 401);
  });
});

test('every code of the platform has a meaning and a remedy, each a sentence', () => {
  for (const [code, { means, remedy }] of Object.entries(platformError.table)) {
    assert.match(means, /^[A-Z].*\.$/, code);
    assert.match(remedy, /^[A-Z].*\.$/, code);
  }
});
