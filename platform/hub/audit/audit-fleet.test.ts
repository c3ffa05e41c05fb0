import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../apply/client/client.ts';
import { systemClock } from '../../../apply/clock.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { definitionOf } from '../../api/custom-resource.ts';
import { kinds } from '../../api/kinds.ts';
import { auditFleet } from './audit-fleet.ts';
import { type ClusterAudit, startAudit } from './cluster-audit.ts';
import { entriesOf } from './page.ts';

const KEY = `SHA256:${'a'.repeat(43)}`;
const apiVersion = 'skerry.dev/v1alpha1';

test('what happens to clusters is written down once, also over restarts of the hub', async (t) => {
  const { server, start, until, actions } = await fleetSite(t);
  server.put({ apiVersion, kind: 'Cluster', metadata: CLUSTER, spec: {} });
  start();
  setAgent(server, { key: KEY });
  await until('accept-agent');
  server.put(revision(server));
  await until('make-envelope');
  const second = start();
  setAgent(server, {});
  await until('revoke-agent');
  await second.audit.record({ actor: 'test', action: 'end', subject: 'test', outcome: 'done' });
  const fleet = (await actions()).filter((action) => /-(agent|envelope)$/.test(action));
  assert.deepEqual([...new Set(fleet)].sort(), ['accept-agent', 'make-envelope', 'revoke-agent']);
  assert.equal(fleet.length, 3);
});

test('a cluster that is made again under the name of another has a history of its own', async (t) => {
  const { server, start, until, actions } = await fleetSite(t);
  server.put({ apiVersion, kind: 'Cluster', metadata: CLUSTER, spec: {} });
  await start().listed();
  server.put(revision(server));
  await until('make-envelope');
  server.objects.delete('ClusterRevision.skerry.dev p/c-1');
  server.objects.delete('Cluster.skerry.dev p/c');
  await until('object-deleted');
  server.put({ apiVersion, kind: 'Cluster', metadata: CLUSTER, spec: {} });
  server.put(revision(server));
  await until('make-envelope', 2);
  assert.deepEqual(
    (await actions()).filter((action) => action === 'object-deleted'),
    ['object-deleted'],
    'the hub lets envelopes go by itself',
  );
});

test('what is deleted is written down once, also what went while no hub was watching', async (t) => {
  const { server, start, until, entries } = await fleetSite(t);
  const named = (kind: string, name: string, spec: object = {}) =>
    server.put({ apiVersion, kind, metadata: { name, namespace: 'p' }, spec });
  for (const name of ['gone', 'c', 'new']) named('Cluster', name);
  named('AlertReceiver', 'mail');
  for (const name of ['gone', 'c']) setAgent(server, { key: KEY }, name);
  const first = start();
  await until('accept-agent', 2);
  await first.listed();
  server.objects.delete('AlertReceiver.skerry.dev p/mail');
  await until('object-deleted');
  await first.stop();
  server.objects.delete('Cluster.skerry.dev p/gone');
  server.objects.delete('Cluster.skerry.dev p/new');
  const second = start();
  await until('object-deleted', 2);
  await second.stop();
  start();
  server.objects.delete('Cluster.skerry.dev p/c');
  await until('object-deleted', 3);
  // Nobody has written anything down about the cluster `new` before it went.
  assert.deepEqual(
    (await entries()).filter(({ action }) => action === 'object-deleted').map(({ subject }) => subject),
    ['AlertReceiver.skerry.dev p/mail', 'Cluster.skerry.dev p/gone', 'Cluster.skerry.dev p/c'],
  );
});

const CLUSTER = { name: 'c', namespace: 'p' };

interface Hub {
  readonly audit: ClusterAudit;
  /** All kinds were read once. */
  readonly listed: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function fleetSite(t: TestContext) {
  const server = await ScriptedApiServer.start();
  t.after(() => server.close());
  server.put(...kinds.map(definitionOf), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hub' } });
  const start = (): Hub => {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const client = server.client();
    const common = { client, signal: stop.signal, clock: systemClock, onError: () => undefined };
    const now = () => new Date(0);
    const audit = startAudit({ ...common, namespace: 'hub', now, log: () => undefined, everyMs: 0 });
    const listed = new Set<string>();
    const watch: KubeClient['watch'] = async function* (selection, signal) {
      for await (const event of client.watch(selection, signal)) {
        yield event;
        // It comes here once the event was taken.
        if (event.type === 'listed') listed.add(selection.kind);
      }
    };
    const done = auditFleet({ ...common, client: { watch }, audit });
    const followed = kinds.filter(({ kind }) => kind !== 'Alert');
    return {
      audit,
      listed: async () => {
        for (const end = performance.now() + 20_000; listed.size < followed.length; await sleep(5))
          assert.ok(performance.now() < end, `only ${[...listed].join(', ')} were read`);
      },
      stop: async () => {
        stop.abort();
        await done;
      },
    };
  };
  const reader = startAudit({
    client: server.client(),
    namespace: 'hub',
    signal: new AbortController().signal,
    clock: systemClock,
    now: () => new Date(0),
    log: () => undefined,
    onError: () => undefined,
  });
  const entries = async () => (await reader.pages()).flatMap(entriesOf);
  const actions = async () => (await entries()).map(({ action }) => action);
  const until = async (wanted: string, times = 1) => {
    const count = async () => (await actions()).filter((action) => action === wanted).length;
    for (const end = performance.now() + 20_000; (await count()) < times; await sleep(5))
      assert.ok(performance.now() < end, `never written down: ${wanted}`);
  };
  return { server, start, until, entries, actions };
}

function setAgent(server: ScriptedApiServer, agent: object, name = 'c'): void {
  const found = server.objects.find(`Cluster.skerry.dev p/${name}`) ?? assert.fail('no cluster');
  server.objects.replace({ ...found, spec: { agent } });
}

/** The first envelope of the cluster. */
function revision(server: ScriptedApiServer) {
  const { uid = '' } = server.objects.find('Cluster.skerry.dev p/c')?.metadata ?? {};
  const ownerReferences = [{ apiVersion, kind: 'Cluster', name: 'c', uid }];
  const spec = { cluster: 'c', number: 1, digest: 'sha256:1', envelope: '{}', cause: 'new' };
  return {
    apiVersion,
    kind: 'ClusterRevision',
    metadata: { name: 'c-1', namespace: 'p', ownerReferences },
    spec,
  };
}
