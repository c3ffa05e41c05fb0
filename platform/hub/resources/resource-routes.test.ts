import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import type { FieldError } from '../../../apply/invalid-object.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { Fault } from '../http/problem.ts';
import type { Action } from '../kubernetes.ts';
import { sampleSpec } from '../testing/sample-objects.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';

const CLUSTERS = '/api/v1/projects/p1/clusters';
const PROFILES = '/api/v1/projects/p1/clusterprofiles';
const Wire = z.looseObject({
  name: z.string(),
  version: z.string(),
  labels: z.record(z.string(), z.string()),
});
const Refusal = z.looseObject({
  code: z.string(),
  errors: z.array(Fault).optional(),
});

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
}

describe('objects over HTTP', () => {
  let hub: ScriptedHub;
  let found: readonly FieldError[];
  let permits: (action: Action) => boolean;

  beforeEach(async () => {
    found = [];
    permits = () => true;
    hub = await startScriptedHub({ permits: (_, action) => permits(action), validate: async () => found });
    for (const name of ['p1', 'p2']) hub.cluster.put(project(name));
    hub.cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  });
  afterEach(async () => await hub.close());

  async function send(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, sent: Sent = {}) {
    const {
      body,
      headers = {},
      type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    } = sent;
    return await hub.server.inject({
      method,
      url,
      headers: {
        authorization: 'Bearer alice',
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }
  async function codeOf(...request: Parameters<typeof send>): Promise<string> {
    const response = await send(...request);
    return response.statusCode < 300 ? 'OK' : Refusal.parse(response.json()).code;
  }
  async function errorsOf(...request: Parameters<typeof send>) {
    const { code, errors } = Refusal.parse((await send(...request)).json());
    assert.equal(code, 'OBJECT_INVALID');
    return (errors ?? []).map(({ path }) => path);
  }
  const cluster = (name: string) => ({ name, spec: sampleSpec('Cluster') });
  const stored = () => JSON.stringify(hub.cluster.objects.all());

  test('an object is made, read, replaced, patched and deleted, its ETag changing with each write', async () => {
    const made = await send('POST', CLUSTERS, { body: { ...cluster('one'), labels: { site: 'north' } } });
    assert.equal(made.statusCode, 201);
    assert.equal(made.headers.location, `${CLUSTERS}/one`);
    const object = Wire.parse(made.json());
    assert.equal(made.headers.etag, `"${object.version}"`);
    assert.deepEqual(Wire.parse((await send('GET', `${CLUSTERS}/one`)).json()), object);
    const replaced = await send('PUT', `${CLUSTERS}/one`, {
      body: { ...object, spec: { paused: true } },
      headers: { 'if-match': String(made.headers.etag) },
    });
    assert.equal(replaced.statusCode, 200);
    assert.notEqual(replaced.headers.etag, made.headers.etag);
    const patch = { labels: { site: null, rack: '7' }, spec: { paused: null, profiles: [] } };
    const patched = Wire.parse((await send('PATCH', `${CLUSTERS}/one`, { body: patch })).json());
    assert.deepEqual(patched.labels, { rack: '7' });
    assert.deepEqual(patched.spec, { profiles: [] });
    assert.equal((await send('DELETE', `${CLUSTERS}/one`)).statusCode, 204);
    assert.equal(await codeOf('GET', `${CLUSTERS}/one`), 'OBJECT_NOT_FOUND');
    assert.equal(await codeOf('DELETE', `${CLUSTERS}/one`), 'OBJECT_NOT_FOUND');
  });

  test('a list has the objects of one project, or of all, in pages and by labels', async () => {
    for (const [where, name] of [
      ['p1', 'a'],
      ['p1', 'b'],
      ['p2', 'c'],
    ] as const) {
      const body = { ...cluster(name), labels: { first: String(name === 'a') } };
      await send('POST', `/api/v1/projects/${where}/clusters`, { body });
    }
    const names = async (url: string) => {
      const { items, ...rest } = z
        .looseObject({ items: z.array(Wire), continue: z.string().optional() })
        .parse((await send('GET', url)).json());
      return { names: items.map(({ name }) => name), next: rest.continue };
    };
    assert.deepEqual((await names(CLUSTERS)).names, ['a', 'b']);
    assert.deepEqual((await names('/api/v1/clusters')).names, ['a', 'b', 'c']);
    assert.deepEqual((await names('/api/v1/clusters?labelSelector=first%3Dtrue')).names, ['a']);
    const { names: page, next } = await names(`${CLUSTERS}?limit=1`);
    assert.deepEqual(page, ['a']);
    assert.deepEqual((await names(`${CLUSTERS}?limit=1&continue=${next}`)).names, ['b']);
    assert.deepEqual((await names('/api/v1/clusters?filter=P2&sort=-name')).names, ['c']);
    assert.deepEqual((await names('/api/v1/clusters?sort=-name')).names, ['c', 'b', 'a']);
    assert.deepEqual((await names('/api/v1/clusters?state=Ready')).names, []);
    const { total, states } = (await send('GET', '/api/v1/clusters?state=Ready')).json();
    assert.deepEqual([total, states], [0, { Pending: 3 }]);
    assert.equal(await codeOf('GET', '/api/v1/clusters?sort=color'), 'REQUEST_INVALID');
    assert.equal(await codeOf('GET', '/api/v1/clusters?labelSelector=a%20b'), 'REQUEST_INVALID');
    await send('DELETE', `${CLUSTERS}/a`);
    assert.deepEqual((await names(CLUSTERS)).names, ['b']);
  });

  test('a list of all projects has those that the user may see', async () => {
    const body = cluster('x');
    for (const where of ['p1', 'p2']) await send('POST', `/api/v1/projects/${where}/clusters`, { body });
    permits = ({ namespace }) => namespace === 'p2';
    const { items } = (await send('GET', '/api/v1/clusters')).json();
    assert.deepEqual(
      z
        .array(z.object({ project: z.string() }))
        .parse(items)
        .map(({ project }) => project),
      ['p2'],
    );
    permits = () => false;
    assert.equal(await codeOf('GET', '/api/v1/clusters'), 'ACCESS_DENIED');
  });

  test('a write that expects another state than there is changes nothing', async () => {
    const { version } = Wire.parse((await send('POST', CLUSTERS, { body: cluster('one') })).json());
    await send('PATCH', `${CLUSTERS}/one`, { body: { spec: { paused: true } } });
    const before = stored();
    const old = { 'if-match': `"${version}"` };
    const body = cluster('one');
    assert.equal(await codeOf('PUT', `${CLUSTERS}/one`, { body, headers: old }), 'PRECONDITION_FAILED');
    assert.equal(
      await codeOf('PATCH', `${CLUSTERS}/one`, { body: { spec: {}, labels: { a: 'b' } }, headers: old }),
      'PRECONDITION_FAILED',
    );
    assert.equal(await codeOf('DELETE', `${CLUSTERS}/one`, { headers: old }), 'PRECONDITION_FAILED');
    assert.equal(await codeOf('PUT', `${CLUSTERS}/one`, { body }), 'PRECONDITION_REQUIRED');
    assert.equal(
      await codeOf('PUT', `${CLUSTERS}/one`, { body, headers: { 'if-none-match': '*' } }),
      'PRECONDITION_FAILED',
    );
    assert.equal(
      await codeOf('PUT', `${CLUSTERS}/two`, { body: cluster('two'), headers: { 'if-match': '*' } }),
      'OBJECT_NOT_FOUND',
    );
    assert.equal(
      await codeOf('DELETE', `${CLUSTERS}/one`, { headers: { 'if-match': `W/"${version}"` } }),
      'PRECONDITION_FAILED',
    );
    assert.equal(
      await codeOf('DELETE', `${CLUSTERS}/one`, { headers: { 'if-match': version } }),
      'REQUEST_INVALID',
    );
    assert.equal(stored(), before);
  });

  test('a PUT that comes again after its answer was lost succeeds and writes nothing', async () => {
    const { version } = Wire.parse((await send('POST', CLUSTERS, { body: cluster('one') })).json());
    const put = { body: { spec: { paused: true } }, headers: { 'if-match': `"${version}"` } };
    const first = await send('PUT', `${CLUSTERS}/one`, put);
    const before = stored();
    const second = await send('PUT', `${CLUSTERS}/one`, put);
    assert.equal(second.statusCode, 200);
    assert.deepEqual(second.json(), first.json());
    assert.equal(stored(), before);
  });

  test('a PUT makes an object only where it is asked to', async () => {
    const response = await send('PUT', `${CLUSTERS}/one`, {
      body: cluster('one'),
      headers: { 'if-none-match': '*' },
    });
    assert.equal(response.statusCode, 201);
  });

  test('a POST with an Idempotency-Key that comes again gives the same object, for the same user and content', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await send('POST', CLUSTERS, { body: cluster('one'), headers });
    // Members in another order are the same content.
    const again = { spec: cluster('one').spec, name: 'one' };
    const second = await send('POST', CLUSTERS, { body: again, headers });
    assert.equal(second.statusCode, 201);
    assert.deepEqual(second.json(), first.json());
    const other = { name: 'one', spec: { paused: true } };
    assert.equal(await codeOf('POST', CLUSTERS, { body: other, headers }), 'IDEMPOTENCY_KEY_REUSED');
    assert.equal(await codeOf('POST', CLUSTERS, { body: cluster('one') }), 'OBJECT_EXISTS');
    const bob = { ...headers, authorization: 'Bearer bob' };
    assert.equal(await codeOf('POST', CLUSTERS, { body: cluster('one'), headers: bob }), 'OBJECT_EXISTS');
  });

  test('a POST whose answer was lost on the way from the API server is not told as a conflict', async () => {
    hub.cluster.fail({ method: 'POST', path: /\/clusters$/, how: 'cut-after' });
    assert.equal(await codeOf('POST', CLUSTERS, { body: cluster('one') }), 'OK');
  });

  test('a PATCH survives somebody else who writes meanwhile', async () => {
    await send('POST', CLUSTERS, { body: cluster('one') });
    hub.cluster.fail({ method: 'PUT', path: /\/clusters\/one$/, how: { status: 409 } });
    const response = await send('PATCH', `${CLUSTERS}/one`, { body: { spec: { paused: true } } });
    assert.equal(response.statusCode, 200);
  });

  test('a dry run changes nothing', async () => {
    await send('POST', CLUSTERS, { body: cluster('one') });
    const before = stored();
    assert.equal(await codeOf('POST', `${CLUSTERS}?dryRun=true`, { body: cluster('two') }), 'OK');
    assert.equal(
      await codeOf('POST', `${CLUSTERS}?dryRun=true`, { body: { name: 'two', spec: { paused: 1 } } }),
      'OBJECT_INVALID',
    );
    assert.equal(
      await codeOf('PATCH', `${CLUSTERS}/one?dryRun=true`, { body: { spec: { paused: true } } }),
      'OK',
    );
    assert.equal(stored(), before);
  });

  test('every field at fault is named by its path', async () => {
    const digest = 'sha256:12';
    const spec = {
      name: 'Edge',
      version: '1',
      packs: [{ name: 'podinfo', version: '1.0.0', digest, color: 'red' }],
    };
    assert.deepEqual(
      (await errorsOf('POST', PROFILES, { body: { name: 'Edge_1', spec, kind: 'x' } })).sort(),
      ['kind', 'name', 'spec.name', 'spec.packs[0].color', 'spec.packs[0].digest', 'spec.version'],
    );
    assert.deepEqual(await errorsOf('POST', CLUSTERS, { body: { spec: {} } }), ['name']);
    assert.deepEqual(
      await errorsOf('PUT', `${CLUSTERS}/a`, {
        body: { name: 'b', project: 'p2', spec: {} },
        headers: { 'if-none-match': '*' },
      }),
      ['name', 'project'],
    );
    await send('POST', CLUSTERS, { body: cluster('one') });
    assert.deepEqual(await errorsOf('PATCH', `${CLUSTERS}/one`, { body: { spec: { paused: 'yes' } } }), [
      'spec.paused',
    ]);
    assert.deepEqual(await errorsOf('PATCH', `${CLUSTERS}/one`, { body: { status: {} } }), ['status']);
    assert.deepEqual(await errorsOf('PATCH', `${CLUSTERS}/one`, { body: { spec: null } }), ['spec']);
  });

  test('a field at fault has a pointer into what was sent, and a code', async () => {
    const spec = {
      name: 'edge',
      packs: [{ name: 'podinfo', version: '1.0.0', digest: 'sha256:12', color: 'red' }],
    };
    const first = Refusal.parse(
      (await send('POST', PROFILES, { body: { name: 'edge-1.0.0', spec } })).json(),
    );
    assert.deepEqual(first.errors?.map(({ pointer, code }) => `${code} ${pointer}`).sort(), [
      'FIELD_INVALID /spec/packs/0/digest',
      'FIELD_MISSING /spec/version',
      'FIELD_UNKNOWN /spec/packs/0/color',
    ]);
    found = [
      {
        path: 'spec.packs[0].values',
        message: 'replicas: too few',
        code: 'VALUES_INVALID',
        within: '/replicas',
      },
    ];
    const body = { name: 'edge-1.0.0', spec: sampleSpec('ClusterProfile') };
    const second = Refusal.parse((await send('POST', `${PROFILES}?dryRun=true`, { body })).json());
    assert.deepEqual(second.errors, [
      {
        pointer: '/spec/packs/0/values',
        detail: 'replicas: too few',
        code: 'VALUES_INVALID',
        within: '/replicas',
        path: 'spec.packs[0].values',
        message: 'VALUES_INVALID: replicas: too few',
      },
    ]);
  });

  test('what a deeper check finds refuses every way of writing', async () => {
    await send('POST', CLUSTERS, { body: cluster('one') });
    found = [{ path: 'spec.profiles[0].version', message: 'there is no such version' }];
    const before = stored();
    const paths = [found[0]?.path];
    const changed = { spec: { paused: true } };
    assert.deepEqual(await errorsOf('POST', CLUSTERS, { body: cluster('two') }), paths);
    assert.deepEqual(await errorsOf('POST', `${CLUSTERS}?dryRun=true`, { body: cluster('two') }), paths);
    assert.deepEqual(
      await errorsOf('PUT', `${CLUSTERS}/one`, { body: changed, headers: { 'if-match': '*' } }),
      paths,
    );
    assert.deepEqual(await errorsOf('PATCH', `${CLUSTERS}/one`, { body: changed }), paths);
    assert.equal(stored(), before);
  });

  test('what never changes says so, but its labels change', async () => {
    const body = { name: 'edge-1.0.0', spec: sampleSpec('ClusterProfile') };
    await send('POST', PROFILES, { body });
    const patch = { spec: { description: 'another' } };
    assert.equal(await codeOf('PATCH', `${PROFILES}/edge-1.0.0`, { body: patch }), 'OBJECT_IMMUTABLE');
    assert.equal(await codeOf('PATCH', `${PROFILES}/edge-1.0.0`, { body: { labels: { a: 'b' } } }), 'OK');
  });

  test('labels of the hub stay what the hub made them', async () => {
    const own = 'skerry.dev/adopted';
    hub.cluster.put({
      apiVersion: 'skerry.dev/v1alpha1',
      kind: 'Cluster',
      metadata: {
        namespace: 'p1',
        name: 'one',
        labels: { [own]: 'yes', site: 'north' },
        annotations: { keep: 'me' },
        finalizers: ['a/b'],
      },
      spec: {},
    });
    assert.deepEqual(await errorsOf('PATCH', `${CLUSTERS}/one`, { body: { labels: { [own]: 'no' } } }), [
      `labels["${own}"]`,
    ]);
    assert.deepEqual(
      await errorsOf('POST', CLUSTERS, { body: { ...cluster('two'), labels: { 'x.skerry.dev/y': 'z' } } }),
      ['labels["x.skerry.dev/y"]'],
    );
    const headers = { 'if-match': '*' };
    const { labels } = Wire.parse(
      (await send('PUT', `${CLUSTERS}/one`, { body: cluster('one'), headers })).json(),
    );
    assert.deepEqual(labels, { [own]: 'yes' });
    const { metadata } = hub.cluster.objects.find('Cluster.skerry.dev p1/one') ?? project('none');
    assert.deepEqual(metadata.annotations, { keep: 'me' });
    assert.deepEqual(metadata.finalizers, ['a/b']);
  });

  test('a namespace that is no project is none', async () => {
    for (const name of ['kube-system', 'nowhere']) {
      const url = `/api/v1/projects/${name}/clusters`;
      assert.equal(await codeOf('GET', url), 'PROJECT_NOT_FOUND');
      assert.equal(await codeOf('POST', url, { body: cluster('one') }), 'PROJECT_NOT_FOUND');
      assert.equal(await codeOf('GET', `${url}/one`), 'PROJECT_NOT_FOUND');
      assert.equal(await codeOf('DELETE', `${url}/one`), 'PROJECT_NOT_FOUND');
    }
  });

  test('what is no JSON, too large, too deep, a form or from a foreign page is refused', async () => {
    const body = cluster('one');
    const before = stored();
    for (const [sent, code] of [
      [{ body: '{' }, 'REQUEST_INVALID'],
      [{ body: '{"name":"one","spec":{},"__proto__":{"a":1}}' }, 'REQUEST_INVALID'],
      [{ body: `{"name":"one","spec":${'['.repeat(100)}${']'.repeat(100)}}` }, 'REQUEST_INVALID'],
      [{ body: JSON.stringify({ ...body, labels: { a: 'x'.repeat(70_000) } }) }, 'BODY_TOO_LARGE'],
      [{ body: 'name=one', type: 'application/x-www-form-urlencoded' }, 'MEDIA_TYPE_UNSUPPORTED'],
      [{ body, type: 'text/plain' }, 'MEDIA_TYPE_UNSUPPORTED'],
      [{ body, type: 'application/merge-patch+json' }, 'MEDIA_TYPE_UNSUPPORTED'],
      [{ body, headers: { origin: 'https://evil.example' } }, 'ORIGIN_REFUSED'],
      [{ body, headers: { origin: 'null' } }, 'ORIGIN_REFUSED'],
      [{}, 'OBJECT_INVALID'],
    ] as const) {
      assert.equal(await codeOf('POST', CLUSTERS, sent), code, JSON.stringify(sent).slice(0, 80));
    }
    assert.equal(stored(), before);
    const own = { body, headers: { origin: 'https://localhost:80', host: 'localhost:80' } };
    assert.equal(await codeOf('POST', CLUSTERS, own), 'OK');
  });

  test('a patch cannot grow an object beyond what one may hold', async () => {
    await send('POST', CLUSTERS, { body: cluster('one') });
    const part = (key: string) => ({
      provision: {
        account: 'a',
        kubernetes: '1.34',
        controlPlane: { replicas: 1, size: 's' },
        placement: { [key]: 'x'.repeat(40_000) },
      },
    });
    assert.equal(await codeOf('PATCH', `${CLUSTERS}/one`, { body: { spec: part('a') } }), 'OK');
    assert.equal(await codeOf('PATCH', `${CLUSTERS}/one`, { body: { spec: part('b') } }), 'BODY_TOO_LARGE');
  });
});

function project(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PROJECT_LABEL]: 'true' } } };
}
