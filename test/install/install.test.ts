import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { findRelease, type LockedRelease, readLockedRelease } from '../../bundle/locked-release.ts';
import { kinds } from '../../platform/api/kinds.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { attemptsBetween, islandCounters } from '../cluster/network/island.ts';
import { endState, fingerprint, names, runningContainers, untilQuiet } from './cluster-contents.ts';
import { killed, skerry, startSkerry } from './installer-run.ts';
import { foundIn, plant, readArchive } from './planted.ts';
import { ensureStick, type StickFixture } from './stick.ts';

/** `npm run soak` asks for more. */
const ROUNDS = Number(process.env.SKERRY_ROUNDS ?? 3);

let cluster: Cluster;
let stick: StickFixture;
let release: LockedRelease;
let pristine: string[];
let undisturbed: Record<string, unknown>;

before(async () => {
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'] });
  stick = await ensureStick();
  const bundle = await openBundle(stick.bundle);
  release = await readLockedRelease(bundle, findRelease(bundle.index, stick.bundle));
  await bundle.close();
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  cluster = await startCluster({ name: 'install', programs });
  await untilQuiet(cluster);
  pristine = await names(cluster);
});

after(async () => await cluster?.stop());

const install = (folder = stick.folder) => ['install', folder, '--key', stick.publicKeyPath];
const Result = z.looseObject({ changed: z.boolean() });
const Inventory = z.object({
  certificates: z.array(z.looseObject({ name: z.string(), state: z.string() })),
  warnings: z.array(z.string()),
  unread: z.array(z.string()),
});

test('a dry run says what would happen and changes nothing', async () => {
  const before = await fingerprint(cluster);
  const plan = JSON.parse(await skerry(cluster, stick, [...install(), '--dry-run', '--output', 'json']));
  assert.deepEqual(
    plan.phases.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`),
    [
      'address-workstation run',
      'component-registry run',
      'copy run',
      'address-cluster run',
      'images run',
      'component-hub run',
    ],
  );
  assert.deepEqual(await fingerprint(cluster), before);
});

test('an installation from the stick ends healthy, and nothing ever left the island', async () => {
  const before = await islandCounters(cluster);
  const result = JSON.parse(await skerry(cluster, stick, [...install(), '--output', 'json']));
  assert.equal(Result.parse(result).changed, true);
  const status = JSON.parse(await skerry(cluster, stick, ['status', '--output', 'json']));
  assert.equal(status.healthy, true);
  assert.equal(status.registry, 'cluster');
  assert.equal(attemptsBetween(before, await islandCounters(cluster)), 0);
  undisturbed = await endState(cluster);
});

test('every container runs an image of the bundle that came through the private registry', async () => {
  const digests = new Map(release.images.map(({ digest, reference }) => [digest as string, reference]));
  const containers = await runningContainers(cluster);
  const strangers = containers.filter(
    ({ image, digest }) => !digests.has(digest) || !image.startsWith('localhost:31999/'),
  );
  assert.deepEqual(strangers, []);
  assert.ok(containers.length >= 2 && containers.every(({ ready }) => ready), JSON.stringify(containers));
});

test('the registry on the island holds all images of the release under their digests, signature included', async () => {
  for (const { repository, tag, digest } of release.images) {
    const url = `http://localhost:31999/v2/${repository}/manifests/${tag}`;
    const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json';
    const answer = await cluster.execOnNode('curl', [
      '-fsS',
      '-o',
      '/dev/null',
      '-D',
      '-',
      '-H',
      `Accept: ${accept}`,
      url,
    ]);
    assert.match(
      answer.stdout.toLowerCase(),
      new RegExp(`docker-content-digest: ${digest}`),
      `${repository}:${tag} ${answer.stderr}`,
    );
  }
});

test('nobody pushes to the registry on the island without its password', async () => {
  const answer = await cluster.execOnNode('curl', [
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-X',
    'POST',
    'http://localhost:31999/v2/x/blobs/uploads/',
  ]);
  assert.equal(answer.stdout, '401');
});

test('a second run changes nothing and says so, also without the key, which the cluster remembers', async () => {
  const before = await fingerprint(cluster);
  const result = JSON.parse(await skerry(cluster, stick, ['install', stick.folder, '--output', 'json']));
  assert.equal(Result.parse(result).changed, false);
  assert.match(await skerry(cluster, stick, install()), /installed already and healthy; nothing was changed/);
  assert.deepEqual(await fingerprint(cluster), before);
});

test('everything that ends is listed with its dates, all of it good', async () => {
  const inventory = Inventory.parse(
    JSON.parse(await skerry(cluster, stick, ['certificates', '--output', 'json'])),
  );
  assert.deepEqual([inventory.warnings, inventory.unread], [[], []]);
  const found = new Map(inventory.certificates.map(({ name, state }) => [name, state]));
  for (const name of ['hub certificate', 'hub authority', 'agents’ authority 1'])
    assert.equal(found.get(name), 'good', `${name}: ${JSON.stringify([...found])}`);
  for (const name of ['password that pushes to the registry', 'key that signs envelopes 1'])
    assert.equal(found.get(name), 'endless', name);
});

test('a watch prints a line of JSON at first, and ends with Ctrl-C', async () => {
  const child = startSkerry(cluster, stick, ['status', '--watch', '--every', '1']);
  child.stdout?.on('data', () => child.pid !== undefined && process.kill(child.pid, 'SIGINT'));
  const { stdout } = await child;
  const [line = ''] = stdout.split('\n');
  assert.equal(Object(JSON.parse(line)).healthy, true);
});

test('a support bundle has the logs, states and journal, and none of the secrets that were planted', async (context) => {
  const busybox = release.images.find(({ repository }) => repository.endsWith('busybox'));
  assert.ok(busybox);
  const folder = await mkdtemp(join(tmpdir(), 'skerry-support-'));
  const uproot = await plant(cluster, `localhost:31999/${busybox.repository}@${busybox.digest}`);
  try {
    const before = await names(cluster);
    const file = join(folder, 'support.tar.gz');
    const started = performance.now();
    const said = await skerry(cluster, stick, ['support-bundle', '-o', file, '--output', 'json']);
    context.diagnostic(`${Math.round(performance.now() - started)} ms, ${said.match(/"bytes": \d+/)?.[0]}`);
    const files = readArchive(await readFile(file));
    const all = [said, ...files.values()].join('\n');
    assert.deepEqual(foundIn(all), []);
    const page = files.get('skerry-support/README.md') ?? '';
    context.diagnostic(page);
    assert.equal([...files.keys()][0], 'skerry-support/README.md');
    assert.match(page, /^release .*installed$/m);
    assert.match(page, /skerry-system\/planted, Running, .*restarts, last Error 3/);
    assert.match(page, /^registry +ready$/m);
    assert.match(page, /^hub +ready$/m);
    const logs = [...files.keys()].filter((name) => name.endsWith('.log'));
    for (const name of ['skerry-hub-', 'skerry-registry-', 'planted/planted'])
      assert.ok(
        logs.some((path) => path.includes(`/skerry-system/${name}`)),
        `${name} in ${logs}`,
      );
    const planted = [...files].filter(([name]) => /\/planted\/planted(\.previous)?\.log$/.test(name));
    assert.ok(planted.some(([, text]) => text.includes('an ordinary line')));
    for (const [name, text] of files) if (name.endsWith('.json')) JSON.parse(text);
    assert.deepEqual(await names(cluster), before);
  } finally {
    await uproot();
    await rm(folder, { recursive: true, force: true });
  }
});

test('a component that somebody removed is noticed, and put back by the next run', async () => {
  await cluster.api.remove('/apis/apps/v1/namespaces/skerry-system/deployments/skerry-hub');
  const status = await startSkerry(cluster, stick, ['status']);
  assert.equal(status.exitCode, 1);
  assert.match(status.stdout, /NOT HEALTHY/);
  const result = JSON.parse(await skerry(cluster, stick, [...install(), '--output', 'json']));
  assert.equal(Result.parse(result).changed, true);
  assert.deepEqual(await endState(cluster), undisturbed);
});

test('uninstalling names what it deletes and deletes just that', async () => {
  await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'somebody-else' } });
  const beforehand = await fingerprint(cluster);
  const refused = await startSkerry(cluster, stick, ['uninstall']);
  assert.equal(refused.exitCode, 2, 'nobody confirmed');
  assert.deepEqual(await fingerprint(cluster), beforehand);
  const told = await skerry(cluster, stick, ['uninstall', '--yes']);
  for (const name of [
    'Deployment.apps skerry-system/skerry-hub',
    'PersistentVolumeClaim skerry-system/skerry-registry',
    'Secret skerry-system/skerry-hub-authority',
    'Secret skerry-system/skerry-hub-sessions',
    'Lease.coordination.k8s.io skerry-system/skerry-hub-controller',
    ...['Policy', 'PolicyBinding'].map(
      (kind) => `ValidatingAdmission${kind}.admissionregistration.k8s.io skerry-hub-projects`,
    ),
    ...['viewer', 'operator', 'admin', 'auditor', 'hub', 'hub-project'].map(
      (role) => `ClusterRole.rbac.authorization.k8s.io skerry-${role}`,
    ),
    ...kinds.map(({ plural }) => `CustomResourceDefinition ${plural}.skerry.dev`),
    'Namespace skerry-system',
  ]) {
    assert.ok(told.includes(name), `${name} is named:\n${told}`);
  }
  await cluster.api.remove('/api/v1/namespaces/somebody-else');
  await settled();
  assert.deepEqual(await names(cluster), pristine);
});

test('what an installer made that was cut off before its record is taken away too', async () => {
  const labels = { 'app.kubernetes.io/managed-by': 'skerry', 'skerry.dev/installation': 'cut-off' };
  await cluster.api.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'skerry-system', labels },
  });
  await skerry(cluster, stick, ['uninstall', '--yes']);
  await settled();
  assert.deepEqual(await names(cluster), pristine);
  const nothing = await startSkerry(cluster, stick, ['uninstall', '--yes']);
  assert.match(nothing.stderr, /error NOT_INSTALLED/);
});

test('Ctrl-C stops with its own exit code, says how to go on, and leaves no process behind', async () => {
  const child = startSkerry(cluster, stick, install());
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('Install registry') && child.pid !== undefined)
      process.kill(child.pid, 'SIGINT');
  });
  const result = await child;
  assert.equal(result.exitCode, 130, result.all);
  assert.match(result.stderr, /error INTERRUPTED[\s\S]*Run the same command again/);
  assert.deepEqual(await processesOf(cluster.kubeconfig), []);
  const told = await startSkerry(cluster, stick, [...install(), '--dry-run']);
  assert.match(told.stdout, /^last run: install stopped in component-registry: INTERRUPTED/m);
});

test('killed at the start of each phase, from another folder each time, it ends as if nothing had happened', async () => {
  const phases = [
    'See that the nodes',
    'Take the lock',
    'Point localhost',
    'Install registry',
    'Copy ',
    'Move localhost',
    'Install hub',
    'Record the',
  ];
  for (const phase of phases) {
    await withCopy(async (copy) => {
      const { output } = await killed(cluster, copy, install(copy.folder), {
        line: (text) => text.startsWith(`[....] ${phase}`),
      });
      assert.ok(
        output.includes(`[....] ${phase}`) || output.includes(`[skip] ${phase}`),
        `${phase} was reached:\n${output}`,
      );
    });
  }
  await withCopy((copy) => skerry(cluster, copy, install(copy.folder)));
  assert.deepEqual(await endState(cluster), undisturbed);
});

test(`killed at ${ROUNDS} random moments, it ends as if nothing had happened`, async (context) => {
  const seed = Number(process.env.SKERRY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`SKERRY_SEED=${seed}`);
  const moments = momentsFrom(seed);
  await skerry(cluster, stick, ['uninstall', '--yes']);
  for (let round = 0; round < ROUNDS; round++) {
    // Up to a bit more than a whole installation takes; after one that finished, the next begins anew.
    const afterMs = moments();
    const { finished } = await killed(cluster, stick, install(), { afterMs });
    if (finished) await skerry(cluster, stick, ['uninstall', '--yes']);
  }
  await withCopy((copy) => skerry(cluster, copy, install(copy.folder)));
  assert.deepEqual(await endState(cluster), undisturbed);
  assert.equal((await islandCounters(cluster)).total, 0, 'nothing left the island in any of the runs');
});

/** Milliseconds up to 30 s, the same for the same seed (the linear congruence of Numerical Recipes). */
function momentsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * 30_000);
  };
}

/** Command lines of programs on this machine that work on the cluster: the installer's own, and those it started. */
async function processesOf(kubeconfig: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const line = (await read('cmdline')).replaceAll('\0', ' ');
    if (/skerry|helm/.test(line) && (await read('environ')).includes(`KUBECONFIG=${kubeconfig}`))
      found.push(line);
  }
  return found;
}

async function withCopy<T>(use: (copy: Pick<StickFixture, 'folder'>) => Promise<T>): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), 'skerry-stick-'));
  try {
    const folder = join(parent, 'stick');
    await cp(stick.folder, folder, { recursive: true });
    return await use({ folder });
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

// Owned objects go a moment after their owners.
async function settled(): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if ((await names(cluster)).join() === pristine.join()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
