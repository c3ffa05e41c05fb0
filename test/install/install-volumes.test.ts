import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { command } from '../cluster/processes/command.ts';
import { fingerprint, untilQuiet } from './cluster-contents.ts';
import { failing, skerry } from './installer-run.ts';
import { ensureStick, type StickFixture } from './stick.ts';

const SPLIT_MILLISECONDS = 120_000;
const Status = z.looseObject({ healthy: z.boolean() });

describe('a release on sticks that are each too small for it', { timeout: 600_000 }, () => {
  let cluster: Cluster;
  let stick: StickFixture;
  let work: string;
  /** Two sticks, the volumes dealt out between them. */
  let sticks: readonly [string, string];

  before(async () => {
    await ensureHost({ install: true, groups: ['cluster', 'build'] });
    stick = await ensureStick();
    work = await mkdtemp(join(tmpdir(), 'skerry-volumes-'));
    sticks = [join(work, 'first'), join(work, 'second')];
    for (const folder of sticks) await mkdir(folder);
    const split = ['bundle', 'split', stick.bundle, '-o', sticks[0], '--volume-size', '64MiB'];
    await command(stick.program, split, { timeout: SPLIT_MILLISECONDS });
    const names = (await readdir(sticks[0])).toSorted();
    assert.ok(names.length > 3, names.join());
    for (const name of names.filter((_, at) => at % 2 === 1))
      await rename(join(sticks[0], name), join(sticks[1], name));
    const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
    cluster = await startCluster({ name: 'volumes', programs });
    await untilQuiet(cluster);
  });
  after(async () => {
    await cluster?.stop();
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  });

  const trusted = () => ['--key', stick.publicKeyPath, '--helm', stick.helm];

  test('is refused as long as one of them is not there, and says which volumes are missing', async () => {
    const before = await fingerprint(cluster);
    const { codes, output } = await failing(cluster, stick, ['install', sticks[0], ...trusted()]);
    assert.ok(codes.includes('VOLUME_MISSING'), output);
    assert.match(output, /volumes 2(,| and) 4/);
    assert.deepEqual(await fingerprint(cluster), before, 'nothing changed in the cluster');
  });

  test('is installed from both, in either order, and healthy', async () => {
    const [first, second] = sticks;
    await skerry(cluster, stick, ['install', second, '--volumes', first, ...trusted()]);
    const again = ['install', first, '--volumes', second, ...trusted(), '--output', 'json'];
    assert.equal(JSON.parse(await skerry(cluster, stick, again)).changed, false);
    const said = await skerry(cluster, stick, ['status', '--helm', stick.helm, '--output', 'json']);
    assert.equal(Status.parse(JSON.parse(said)).healthy, true);
  });
});
