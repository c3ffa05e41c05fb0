import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { MUTATING_POLICIES } from '../cluster/feature.ts';
import { ensureHost } from '../cluster/host.ts';
import { attemptsBetween, islandCounters } from '../cluster/network/island.ts';
import { command } from '../cluster/processes/command.ts';
import { names, runningContainers, untilQuiet } from './cluster-contents.ts';
import { skerry, startSkerry } from './installer-run.ts';
import { writeOperatorRelease } from './operator-release.ts';
import { ensureStick, type StickFixture } from './stick.ts';

/** What a user asks the operator for. */
const CUSTOM_RESOURCE = {
  apiVersion: 'db.example/v1',
  kind: 'Cluster',
  metadata: { name: 'db', namespace: 'operator' },
  spec: { image: 'quay.io/acme/db:1.0' },
};
const MADE_BY_OPERATOR = ['operator/db-0', 'operator/db-worker'];
const APPEARS_MS = 60_000;
const Status = z.looseObject({
  healthy: z.boolean(),
  images: z.looseObject({
    way: z.string(),
    uncovered: z.array(z.looseObject({ pod: z.string(), inRelease: z.boolean(), problem: z.string() })),
  }),
});

describe('pods that an operator makes', { timeout: 600_000 }, () => {
  let stick: StickFixture;
  let own: { folder: string };
  let work: string;

  before(async () => {
    await ensureHost({ install: true, groups: ['cluster', 'build'] });
    stick = await ensureStick();
    work = await mkdtemp(join(tmpdir(), 'skerry-operator-'));
    const release = await writeOperatorRelease(join(work, 'release'));
    own = { folder: join(work, 'stick') };
    const create = ['bundle', 'create', release, '-o', own.folder, '--key', stick.keyPath];
    await command(stick.program, [...create, '--helm', stick.helm], { timeout: 300_000 });
  });
  after(async () => {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  });

  const install = () => ['install', own.folder, '--key', stick.publicKeyPath, '--helm', stick.helm];
  const run = () => ({ program: stick.program });
  const status = async (cluster: Cluster) => {
    const { stdout } = await startSkerry(
      cluster,
      own,
      ['status', '--helm', stick.helm, '--output', 'json'],
      run(),
    );
    return Status.parse(JSON.parse(stdout));
  };

  test('run on the island where the API server turns their images, and are gone with the rest', async () => {
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    const cluster = await startCluster({ name: 'matrix-operator', programs, apiServer: MUTATING_POLICIES });
    try {
      await untilQuiet(cluster);
      const pristine = await names(cluster);
      const counted = await islandCounters(cluster);
      await skerry(cluster, own, install(), run());
      await cluster.api.apply(CUSTOM_RESOURCE);
      const containers = await until(async () => {
        const found = (await runningContainers(cluster)).filter(({ pod }) => MADE_BY_OPERATOR.includes(pod));
        return found.length === 2 && found.every(({ ready }) => ready) ? found : undefined;
      });
      for (const { image, pod } of containers) assert.match(image, /^localhost:31999\/quay\.io\/acme\//, pod);
      const { healthy, images } = await status(cluster);
      assert.deepEqual([healthy, images.way, images.uncovered], [true, 'policy', []]);
      assert.equal(attemptsBetween(counted, await islandCounters(cluster)), 0);
      const again = JSON.parse(await skerry(cluster, own, [...install(), '--output', 'json'], run()));
      assert.equal(again.changed, false);

      await cluster.api.remove(
        '/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings/skerry-images',
      );
      // The API server goes on with a policy for a moment after its binding is gone.
      await until(async () => ((await status(cluster)).images.way === 'none' ? true : undefined));
      const mended = JSON.parse(await skerry(cluster, own, [...install(), '--output', 'json'], run()));
      assert.equal(mended.changed, true);
      assert.equal((await status(cluster)).images.way, 'policy');

      await skerry(cluster, own, ['uninstall', '--yes', '--helm', stick.helm], run());
      const list = '/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies';
      assert.deepEqual(
        z.looseObject({ items: z.array(z.unknown()) }).parse(await cluster.api.get(list)).items,
        [],
      );
      const made = (name: string) => / operator\//.test(name) || name === 'namespaces /operator';
      const left = (await names(cluster)).filter((name) => !pristine.includes(name) && !made(name));
      assert.deepEqual(left, []);
    } finally {
      await cluster.stop();
    }
  });

  test('are reported, with what the node says, where nothing turns their images', async () => {
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    const cluster = await startCluster({ name: 'matrix-operator', programs });
    try {
      await untilQuiet(cluster);
      await skerry(cluster, own, install(), run());
      await cluster.api.apply(CUSTOM_RESOURCE);
      const told = await until(async () => {
        const { healthy, images } = await status(cluster);
        return images.uncovered.some(({ problem }) => problem !== '') ? { healthy, images } : undefined;
      });
      assert.equal(told.healthy, false);
      assert.equal(told.images.way, 'none');
      assert.ok(told.images.uncovered.every(({ inRelease }) => inRelease));
    } finally {
      await cluster.stop();
    }
  });
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + APPEARS_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, 'it did not come about in time');
    await sleep(300);
  }
}
