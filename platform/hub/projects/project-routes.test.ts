import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import { at, listAt } from '../../../apply/json.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';

const PROJECTS = '/api/v1/projects';
const BINDING = 'RoleBinding.rbac.authorization.k8s.io p1';
const Answer = z.looseObject({
  code: z.string().default('OK'),
  description: z.unknown().optional(),
  members: z.unknown().optional(),
  items: z.unknown().optional(),
});
const MEMBERS = [
  { subject: 'user:alice', role: 'admin' },
  { subject: 'group:team', role: 'viewer' },
  { subject: 'serviceaccount:ci/robot', role: 'viewer' },
];

describe('projects', () => {
  let hub: ScriptedHub;

  beforeEach(async () => {
    hub = await startScriptedHub({
      // Guest sees p2 alone.
      permits: ({ username }, { namespace }) => username === 'admin' || namespace === 'p2',
    });
    hub.cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  });
  afterEach(async () => await hub.close());

  async function send(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const response = await hub.server.inject({
      method,
      url,
      headers: {
        authorization: 'Bearer admin',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    const answer = Answer.parse(response.body === '' ? {} : response.json());
    return { status: response.statusCode, headers: response.headers, ...answer };
  }
  const subjects = (role: string) =>
    listAt(hub.cluster.objects.find(`${BINDING}/skerry-${role}`), 'subjects');

  test('a project is a labelled namespace with a binding for each role that somebody has', async () => {
    const made = await send('POST', PROJECTS, { name: 'p1', description: 'The north', members: MEMBERS });
    assert.deepEqual([made.status, made.description], [201, 'The north']);
    const namespace = hub.cluster.objects.find('Namespace p1');
    assert.equal(at(namespace, 'metadata', 'labels', 'skerry.dev/project'), 'true');
    assert.deepEqual(subjects('viewer'), [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'team' },
      { kind: 'ServiceAccount', namespace: 'ci', name: 'robot' },
    ]);
    assert.equal(hub.cluster.objects.find(`${BINDING}/skerry-operator`), undefined);
    assert.deepEqual((await send('GET', `${PROJECTS}/p1/members`)).members, [
      { subject: 'group:team', role: 'viewer' },
      { subject: 'serviceaccount:ci/robot', role: 'viewer' },
      { subject: 'user:alice', role: 'admin' },
    ]);
  });

  test('new members take the place of the old ones, unless somebody else was faster', async () => {
    await send('POST', PROJECTS, { name: 'p1', members: MEMBERS });
    const before = await send('GET', `${PROJECTS}/p1/members`);
    const old = { 'if-match': String(before.headers.etag) };
    const members = [{ subject: 'user:bob', role: 'viewer' }];
    assert.equal((await send('PUT', `${PROJECTS}/p1/members`, { members }, old)).code, 'OK');
    assert.equal(hub.cluster.objects.find(`${BINDING}/skerry-admin`), undefined);
    assert.deepEqual(subjects('viewer'), [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' },
    ]);
    const again = await send('PUT', `${PROJECTS}/p1/members`, { members: [] }, old);
    assert.equal(again.code, 'PRECONDITION_FAILED');
    assert.equal(subjects('viewer').length, 1);
  });

  test('a request that was cut off is finished when it comes again with its key', async () => {
    const body = { name: 'p1', members: MEMBERS };
    const key = { 'idempotency-key': 'k' };
    hub.cluster.fail({ method: 'POST', path: /rolebindings/, times: 9, how: { status: 403 } });
    assert.equal((await send('POST', PROJECTS, body, key)).code, 'OBJECT_REFUSED');
    hub.cluster.mend();
    assert.equal((await send('POST', PROJECTS, body)).code, 'OBJECT_EXISTS');
    assert.equal((await send('POST', PROJECTS, body, key)).code, 'OK');
    assert.equal(subjects('admin').length, 1);
  });

  test('a namespace of others is neither taken nor shown nor deleted', async () => {
    assert.equal((await send('POST', PROJECTS, { name: 'kube-system' })).code, 'PROJECT_FOREIGN');
    assert.equal((await send('GET', `${PROJECTS}/kube-system`)).code, 'PROJECT_NOT_FOUND');
    assert.equal((await send('DELETE', `${PROJECTS}/kube-system`)).code, 'PROJECT_NOT_FOUND');
    assert.equal(
      (await send('PUT', `${PROJECTS}/kube-system/members`, { members: [] })).code,
      'PROJECT_NOT_FOUND',
    );
    assert.deepEqual((await send('GET', PROJECTS)).items, []);
  });

  test('a project with clusters is not deleted', async () => {
    await send('POST', PROJECTS, { name: 'p1' });
    await send('POST', `${PROJECTS}/p1/clusters`, { name: 'one', spec: {} });
    assert.equal((await send('DELETE', `${PROJECTS}/p1`)).code, 'PROJECT_NOT_EMPTY');
    await send('DELETE', `${PROJECTS}/p1/clusters/one`);
    const stale = { 'if-match': '"0"' };
    assert.equal((await send('DELETE', `${PROJECTS}/p1`, undefined, stale)).code, 'PRECONDITION_FAILED');
    assert.equal((await send('DELETE', `${PROJECTS}/p1`)).status, 204);
    assert.equal(hub.cluster.objects.find('Namespace p1'), undefined);
    assert.equal((await send('GET', `${PROJECTS}/p1/clusters`)).code, 'PROJECT_NOT_FOUND');
  });

  test('everyone sees the projects that they may read, and no others', async () => {
    for (const name of ['p1', 'p2', 'p3']) await send('POST', PROJECTS, { name });
    const names = async (headers: Record<string, string>) => {
      const { items } = await send('GET', PROJECTS, undefined, headers);
      return z
        .array(z.looseObject({ name: z.string() }))
        .parse(items)
        .map(({ name }) => name);
    };
    assert.deepEqual(await names({}), ['p1', 'p2', 'p3']);
    assert.deepEqual(await names({ authorization: 'Bearer guest' }), ['p2']);
  });

  test('who is nobody, or a role that is none, is refused before anything is made', async () => {
    for (const member of [
      { subject: 'alice', role: 'admin' },
      { subject: 'user:', role: 'admin' },
      { subject: 'serviceaccount:robot', role: 'admin' },
      { subject: 'user:alice', role: 'cluster-admin' },
    ]) {
      const { code } = await send('POST', PROJECTS, { name: 'p1', members: [member] });
      assert.equal(code, 'OBJECT_INVALID', JSON.stringify(member));
    }
    assert.equal(hub.cluster.objects.find('Namespace p1'), undefined);
  });
});
