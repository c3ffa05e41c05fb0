import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { at } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { makeSealingKey } from '../../platform/desired/seal.ts';
import { type GatewayBackup, openBackup, sealBackup } from '../../platform/infra/backup/gateway-backup.ts';
import { moveGateway } from '../../platform/infra/backup/move-gateway.ts';
import { CAPI_CLUSTERS, resumeClusters } from '../../platform/infra/backup/pause.ts';
import { restoreBackup } from '../../platform/infra/backup/restore-backup.ts';
import { takeBackup } from '../../platform/infra/backup/take-backup.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type LoneApiServer, startApiServer } from './gateway/api-server.ts';
import { definitions, makeCluster, NAMESPACE } from './gateway/cluster-api-objects.ts';
import { runLine } from './gateway/command-line.ts';

const { signal } = new AbortController();
let here: LoneApiServer;
let there: LoneApiServer;

before(async () => {
  const programs = await ensurePrograms(['etcd', 'kube-apiserver'], {
    cache: programCache(process.env),
    signal,
  });
  [here, there] = await Promise.all([startApiServer(programs, signal), startApiServer(programs, signal)]);
  for (const definition of await definitions()) await here.client.apply(definition);
  await here.client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await makeCluster(here.client, 'edge');
});

after(async () => {
  await here?.stop();
  await there?.stop();
});

test('a backup restored into a fresh cluster is the same clusters, paused until all of them is there', async () => {
  const keys = await makeSealingKey();
  const taken = await takeBackup({ client: here.client, now: () => new Date(0), signal });
  const bytes = await sealBackup(taken, keys.publicJwk);
  const backup = await openBackup(bytes, keys.privateJwk, 'backup');
  assert.deepEqual(backup, taken);
  const client = watched(there.client);
  const input = { client, backup, work: 'sha256:a', onStep: () => undefined, signal };
  const restored = await restoreBackup(input);
  assert.deepEqual(restored, { created: backup.objects.length, kept: 0 });
  // Nothing of a cluster was there before it was paused, and nothing was taken away.
  assert.equal(client.calls[0], `create Cluster.cluster.x-k8s.io ${NAMESPACE}/edge paused`);
  const now = await takeBackup({ client: there.client, now: () => new Date(0), signal });
  assert.deepEqual(comparable(now), comparable(backup));
  assert.ok(
    now.objects.filter(({ kind }) => kind === 'Cluster').every((one) => at(one, 'spec', 'paused') === true),
  );
  assert.deepEqual(providerIds(now), ['skerry://id-of-edge-m', 'skerry://id-of-edge-workers-x-m']);

  assert.deepEqual(await restoreBackup(input), { created: 0, kept: backup.objects.length });
  await assert.rejects(restoreBackup({ ...input, work: 'sha256:b' }), { code: 'GATEWAY_CLUSTER_EXISTS' });
  await resumeClusters(there.client, backup.objects, signal);
  const end = await takeBackup({ client: there.client, now: () => new Date(0), signal });
  assert.ok(
    end.objects.filter(({ kind }) => kind === 'Cluster').every((one) => at(one, 'spec', 'paused') !== true),
  );
});

test('the fields of restored objects belong to who had them, so that their controllers meet no conflict', async () => {
  const object = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment' };
  const metadata = { name: 'edge-workers', namespace: NAMESPACE };
  const found = await there.client.get({ ...object, metadata });
  const wanted = { ...object, metadata, spec: { ...(found?.spec as object), replicas: 2 } };
  await there.client.apply(wanted, { fieldManager: 'controller-of-machinedeployment' });
  await assert.rejects(
    there.client
      .apply(wanted, { fieldManager: 'skerry-other' })
      .then(() =>
        there.client.apply(
          { ...wanted, spec: { ...wanted.spec, replicas: 3 } },
          { fieldManager: 'skerry-other' },
        ),
      ),
    { code: 'APPLY_CONFLICT' },
  );
});

test('a wrong key and a damaged backup are refused before anything is done', async () => {
  const keys = await makeSealingKey();
  const other = await makeSealingKey();
  const bytes = await sealBackup(
    await takeBackup({ client: here.client, now: () => new Date(0), signal }),
    keys.publicJwk,
  );
  await assert.rejects(openBackup(bytes, other.privateJwk, 'backup'), { code: 'GATEWAY_BACKUP_UNREADABLE' });
  const damaged = Buffer.from(bytes);
  const middle = Math.floor(damaged.byteLength / 2);
  damaged[middle] = damaged[middle] === 65 ? 66 : 65;
  await assert.rejects(openBackup(damaged, keys.privateJwk, 'backup'), { code: 'GATEWAY_BACKUP_UNREADABLE' });
  await assert.rejects(openBackup(bytes.subarray(0, 1000), keys.privateJwk, 'backup'), {
    code: 'GATEWAY_BACKUP_UNREADABLE',
  });
  assert.ok(!bytes.toString('latin1').includes(Buffer.from('ca of edge').toString('base64')));
});

test('a backup by command is a file for its owner alone, and a plan to restore it changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-gateway-backup-'));
  try {
    const env = { HOME: folder };
    const copy = () => assert.fail('nothing is copied');
    const run = async (line: string) => await runLine(line, { env, copy });
    assert.equal((await run(`gateway key ${folder}/site.key`)).exit, 0);
    const backup = `gateway backup --kubeconfig ${here.kubeconfig} --to ${folder}/lab.backup`;
    const refused = await run(`${backup} --key ${folder}/site.key --output json`);
    assert.match(refused.stderr, /GATEWAY_BACKUP_FILE_INVALID.*private key/);
    const made = await run(`${backup} --key ${folder}/site.key.pub --output json`);
    assert.equal(made.exit, 0, made.stderr);
    assert.deepEqual(JSON.parse(made.stdout).clusters, [`${NAMESPACE}/edge`]);
    for (const file of ['site.key', 'lab.backup'])
      assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    const empty = await startApiServer(
      await ensurePrograms(['etcd', 'kube-apiserver'], { cache: programCache(process.env), signal }),
      signal,
    );
    try {
      const none = `gateway backup --kubeconfig ${empty.kubeconfig} --to ${folder}/none --key ${folder}/site.key.pub`;
      assert.match((await run(`${none} --output json`)).stderr, /GATEWAY_KINDS_MISSING/);
    } finally {
      await empty.stop();
    }
    const restore = `gateway restore --kubeconfig ${there.kubeconfig} --from ${folder}/lab.backup --key ${folder}/site.key`;
    const before = await takeBackup({ client: there.client, now: () => new Date(0), signal });
    assert.equal((await run(`${restore} --plan`)).exit, 0);
    // It has the cluster already, from another backup.
    assert.match((await run(`${restore} --yes --output json`)).stderr, /GATEWAY_CLUSTER_EXISTS/);
    assert.deepEqual(await takeBackup({ client: there.client, now: () => new Date(0), signal }), before);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('moving hands clusters over, and what people had paused stays paused on the other side', async () => {
  const programs = await ensurePrograms(['etcd', 'kube-apiserver'], {
    cache: programCache(process.env),
    signal,
  });
  const next = await startApiServer(programs, signal);
  try {
    await makeCluster(here.client, 'still');
    await here.client.patch(clusterNamed('still'), { spec: { paused: true } });
    const move = { now: () => new Date(0), onStep: () => undefined, signal };
    await moveGateway({ ...move, from: here.client, to: next.client });
    const paused = async (client: LoneApiServer['client']) => {
      const { items } = await client.list(CAPI_CLUSTERS);
      return items.filter((one) => at(one, 'spec', 'paused') === true).map(({ metadata }) => metadata.name);
    };
    assert.deepEqual(await paused(here.client), ['edge', 'still']);
    assert.deepEqual(await paused(next.client), ['still']);
    // Doing it again brings nothing back that has gone meanwhile, and nothing goes to a third one.
    const machine = { ...clusterNamed('edge-workers-x-m'), kind: 'Machine' };
    assert.equal(await next.client.delete(machine), true);
    await moveGateway({ ...move, from: here.client, to: next.client });
    assert.equal(await next.client.get(machine), undefined);
    await assert.rejects(moveGateway({ ...move, from: here.client, to: there.client }), {
      code: 'GATEWAY_MOVED',
    });
  } finally {
    await next.stop();
  }
});

function clusterNamed(name: string) {
  return { ...CAPI_CLUSTERS, metadata: { name, namespace: NAMESPACE } };
}

/** Notes what is written to Cluster API's objects, in order. */
function watched(client: LoneApiServer['client']) {
  const calls: string[] = [];
  const isTheirs = ({ apiVersion }: Pick<KubeObject, 'apiVersion'>) =>
    apiVersion.includes('cluster.x-k8s.io') || apiVersion.includes('skerry');
  return {
    ...client,
    calls,
    create: async (object: KubeObject) => {
      if (isTheirs(object))
        calls.push(
          `create ${describeObject(object)}${at(object, 'spec', 'paused') === true ? ' paused' : ''}`,
        );
      return await client.create(object);
    },
  };
}

/** All but what another cluster gives: with owners by name, and without the marks of restoring. */
function comparable({ objects }: GatewayBackup): unknown[] {
  const names = new Map(objects.map((object) => [object.metadata.uid, describeObject(object)]));
  return objects
    .map(({ status: _status, metadata, ...object }) => {
      const {
        uid: _uid,
        managedFields: _fields,
        annotations: _annotations,
        ownerReferences = [],
        ...rest
      } = metadata;
      const { paused: _paused, ...spec } = (object.spec ?? {}) as Record<string, unknown>;
      return {
        ...object,
        spec,
        metadata: { ...rest, owners: ownerReferences.map(({ uid }) => names.get(uid)) },
      };
    })
    .toSorted((a, b) => (`${a.kind} ${a.metadata.name}` < `${b.kind} ${b.metadata.name}` ? -1 : 1));
}

function providerIds({ objects }: GatewayBackup): unknown[] {
  return objects
    .filter(({ kind }) => kind === 'SkerryMachine')
    .map((one) => at(one, 'spec', 'providerID'))
    .toSorted();
}
