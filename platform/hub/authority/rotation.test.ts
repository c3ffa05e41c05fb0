import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { API_VERSION } from '../../api/group.ts';
import { kinds } from '../../api/kinds.ts';
import { digestOf } from '../../desired/dsse.ts';
import { ENVELOPE_TYPE } from '../../desired/envelope.ts';
import type { Route } from '../http/route.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { Authority } from './authority.ts';
import { authorityRoutes } from './authority-routes.ts';

const SECRET = { namespace: 'system', name: 'authority' };
const NOW = new Date('2030-06-01T12:00:00Z');
const refusedWith = (code: string) => (error: unknown) => isSkerryError(error, code);

describe('the rotation of the authority', () => {
  let server: ScriptedApiServer;
  let authority: Authority;
  let routes: readonly Route[];

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    server.put(
      ...kinds.map(definitionOf),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'p' } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SECRET.namespace } },
      { apiVersion: 'v1', kind: 'Secret', metadata: SECRET },
    );
    const { signal } = new AbortController();
    const client = server.client();
    authority = await Authority.open({ client, ...SECRET, now: () => NOW, signal });
    routes = authorityRoutes({
      authority,
      acknowledgements: new Acknowledgements(client),
      refresh: async () => void (await authority.refresh()),
    });
  });

  afterEach(async () => await server.close());

  const call = async (operationId: string, body?: unknown, query = {}) => {
    const found = routes.find((route) => route.operationId === operationId) ?? assert.fail(operationId);
    const { signal } = new AbortController();
    const answer = await found
      .prepare({ params: {}, query, headers: {}, body })
      .answer({ user: { username: 'root' }, caller: { host: undefined, search: '' }, signal });
    return Object(found.response.parse(answer));
  };

  /** The agent of a cluster holds an envelope with what the hub says of itself now. */
  const holds = (name: string, number: number, phase = 'Ready') => {
    const cluster = { project: 'p', name, id: 'id' };
    const hub = authority.door(['https://hub']);
    const envelope = {
      ...{ version: 1, cluster, number, issuedAt: NOW.toISOString(), layers: [], remove: [] },
      ...{ registries: [], hub, paused: false },
    };
    const signed = authority.sign(ENVELOPE_TYPE, Buffer.from(JSON.stringify(envelope)));
    const digest = digestOf(signed);
    const metadata = { namespace: 'p', name: `${name}-${number}` };
    const spec = { cluster: name, number, digest, envelope: JSON.stringify(signed), cause: 'new' };
    server.put({ apiVersion: API_VERSION, kind: 'ClusterRevision', metadata, spec });
    put(name, { phase, held: { number, digest, removed: [] } });
  };
  const put = (name: string, status: object) => {
    const id = `Cluster.skerry.dev p/${name}`;
    const spec = { agent: { key: `SHA256:${'a'.repeat(43)}` } };
    const stored = server.objects.find(id);
    const object = { apiVersion: API_VERSION, kind: 'Cluster', spec, status };
    if (stored === undefined) server.put({ ...object, metadata: { namespace: 'p', name } });
    else server.objects.replace({ ...stored, ...object, metadata: stored.metadata });
  };

  test('makes the next one once, and the old one stays in use until every agent knows the next', async () => {
    holds('one', 1);
    holds('two', 1);
    await assert.rejects(call('retireAuthority', {}), refusedWith('AUTHORITY_NOT_ROTATING'));
    const [first] = authority.certificates;
    assert.equal((await call('rotateAuthority', undefined, { dryRun: 'true' })).rotating, false);
    const begun = await call('rotateAuthority');
    assert.deepEqual(
      begun.authorities.map(({ number, use }: { number: number; use: string }) => [number, use]),
      [
        [1, 'current'],
        [2, 'next'],
      ],
    );
    assert.deepEqual(await call('rotateAuthority'), begun);
    assert.equal(authority.certificates[0], first);
    assert.equal(begun.clusters.acknowledged, 0);
    await assert.rejects(call('retireAuthority', {}), refusedWith('AUTHORITY_NOT_ACKNOWLEDGED'));
    holds('one', 2);
    holds('two', 2);
    assert.deepEqual((await call('getAuthority')).clusters, {
      ...{ total: 2, acknowledged: 2, offline: 0, waiting: [] },
    });
    assert.equal((await call('retireAuthority', {}, { dryRun: 'true' })).rotating, true);
    const done = await call('retireAuthority', {});
    assert.deepEqual([done.rotating, done.authorities.length, done.signingKeys.length], [false, 1, 1]);
    assert.equal(authority.certificates.length, 1);
    assert.notEqual(authority.certificates[0], first);
  });

  test('counts silent agents, and leaves only those behind that are named', async () => {
    for (const name of ['one', 'sunk', 'late']) holds(name, 1, name === 'sunk' ? 'Unknown' : 'Ready');
    put('new', { phase: 'Enrolling' });
    server.put({
      ...{ apiVersion: API_VERSION, kind: 'Cluster', spec: {} },
      metadata: { namespace: 'p', name: 'no-agent' },
    });
    await call('rotateAuthority');
    holds('one', 2);
    const { clusters } = await call('getAuthority');
    assert.deepEqual([clusters.total, clusters.acknowledged, clusters.offline], [4, 1, 1]);
    const before = JSON.stringify(server.objects.all());
    for (const leave of [[], ['p/sunk'], ['p/sunk', 'p/new', 'p/one', 'p/nobody']])
      await assert.rejects(call('retireAuthority', { leave }), refusedWith('AUTHORITY_NOT_ACKNOWLEDGED'));
    assert.equal(JSON.stringify(server.objects.all()), before);
    holds('late', 3);
    assert.equal((await call('retireAuthority', { leave: ['p/sunk', 'p/new'] })).rotating, false);
  });

  test('retires nothing when another rotation has begun since agents were asked', async () => {
    holds('one', 1);
    await call('rotateAuthority');
    holds('one', 2);
    const known = { certificate: 'of another one', key: 'of another one' };
    await authority.end(known);
    await authority.refresh();
    assert.equal((await call('getAuthority')).rotating, true);
  });
});
