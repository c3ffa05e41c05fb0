import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { InstallationSchema, readInstallation } from './installation.ts';
import { Journal } from './journal.ts';
import { describeRun } from './last-run.ts';

const RELEASE = { name: 'demo', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` } as const;
const VERSION_1 = {
  version: 1,
  state: 'installed',
  release: RELEASE,
  key: { fingerprint: 'f', pem: 'p' },
  phases: [{ id: 'component-registry', state: 'done', by: 'root@old' }],
  components: [{ name: 'registry', namespace: 'skerry-system', crds: ['a.example'] }],
  namespaces: ['skerry-system'],
};

let server: ScriptedApiServer;
before(async () => {
  server = await ScriptedApiServer.start();
  server.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'skerry-installation', namespace: 'skerry-system' },
    data: { installation: JSON.stringify(VERSION_1) },
  });
});
after(async () => await server.close());

test('a record of the first version is read, gone on with, and written as one of today', async () => {
  const client = server.client();
  const old = await readInstallation(client);
  assert.deepEqual([old?.installation.version, old?.installation.id, old?.installation.history], [2, '', []]);
  const journal = await Journal.open(
    client,
    {
      id: 'new-id',
      state: 'installing',
      release: RELEASE,
      key: { fingerprint: 'f', pem: 'p' },
      phases: ['component-registry', 'component-hub'].map((id) => ({ id, state: 'waiting' as const })),
      components: [{ name: 'registry', namespace: 'skerry-system', crds: [], health: [] }],
      namespaces: [],
      adopted: [],
    },
    { by: 'root@new' },
  );
  await journal.finish();
  const found = (await readInstallation(client))?.installation;
  assert.equal(found?.id, 'new-id');
  assert.deepEqual(
    found.phases.map(({ state }) => state),
    ['done', 'waiting'],
  );
  assert.deepEqual(found.components[0]?.crds, ['a.example']);
  assert.deepEqual(found.namespaces, ['skerry-system']);
});

test('a journal of one release is never opened by another, whatever it wants to write', async () => {
  const other = { ...RELEASE, digest: `sha256:${'b'.repeat(64)}` } as const;
  const before = JSON.stringify(server.objects.all());
  const begin = {
    id: 'x',
    state: 'installing' as const,
    release: other,
    key: { fingerprint: 'f', pem: 'p' },
    phases: [],
    components: [],
    namespaces: [],
    adopted: [],
  };
  await assert.rejects(Journal.open(server.client(), begin, { by: 'b' }), (error) =>
    isSkerryError(error, 'OTHER_RELEASE_INSTALLED'),
  );
  assert.equal(JSON.stringify(server.objects.all()), before);
});

test('a stop between two phases is written down with the phase that was about to begin', async () => {
  const begin = {
    id: 'new-id',
    state: 'installing' as const,
    release: RELEASE,
    key: { fingerprint: 'f', pem: 'p' },
    phases: ['address-workstation', 'component-hub'].map((id) => ({ id, state: 'waiting' as const })),
    components: [],
    namespaces: [],
    adopted: [],
  };
  const journal = await Journal.open(server.client(), begin, { by: 'c' });
  const stop = new AbortController();
  await journal.phase('address-workstation', async () => {}, { signal: stop.signal });
  const reason = new Error('Stopped on request.');
  stop.abort(reason);
  const late = journal.phase('component-hub', () => assert.fail('begun'), { signal: stop.signal });
  await assert.rejects(late, reason);
  const run = (await readInstallation(server.client()))?.installation.history.at(-1);
  assert.deepEqual([run?.phase, run?.outcome], ['component-hub', 'stopped']);
});

test('a stop while the beginning of a phase is being written is its stop, and its work does not begin', async () => {
  const found = await readInstallation(server.client());
  assert.ok(found);
  const stop = new AbortController();
  const client = server.client();
  const stopping = {
    ...{ get: client.get.bind(client), create: client.create.bind(client) },
    replace: (...args: Parameters<typeof client.replace>) => {
      if (JSON.stringify(args[0]).includes('running')) stop.abort(new Error('Stopped on request.'));
      return client.replace(...args);
    },
  };
  const { history: _, version: __, ...begin } = found.installation;
  const journal = await Journal.open(client, begin, { by: 'd' });
  const again = await Journal.open(stopping, journal.installation, { by: 'd' });
  const cut = again.phase('component-hub', () => assert.fail('begun'), { signal: stop.signal });
  await assert.rejects(cut, /Stopped on request/);
  const run = (await readInstallation(client))?.installation.history.at(-1);
  assert.deepEqual([run?.phase, run?.outcome], ['component-hub', 'stopped']);
});

test('a record of a version to come is not understood', () => {
  assert.equal(InstallationSchema.safeParse({ ...VERSION_1, version: 3 }).success, false);
});

test('how a run went is reported in one line, also one that is under way or was stopped', () => {
  const run = { action: 'install', release: RELEASE, by: 'a@b', startedAt: 'then', phase: 'copy' } as const;
  assert.match(
    describeRun({ ...run, outcome: 'running' }),
    /running, or was cut off in copy, by a@b at then/,
  );
  const error = { code: 'INTERRUPTED', message: 'Stopped on request.' };
  assert.match(describeRun({ ...run, outcome: 'stopped', error }), /stopped in copy: INTERRUPTED/);
});
