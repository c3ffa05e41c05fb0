import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { command } from '../cluster/processes/command.ts';
import { endState } from '../install/cluster-contents.ts';
import { failing, skerry, startSkerry } from '../install/installer-run.ts';
import type { StickFixture } from '../install/stick.ts';
import { ensureReleases, type ReleaseVersion } from '../upgrade/releases.ts';

/** `npm run soak` asks for more: every scenario, and so many random moments. */
const FAULTS = Number(process.env.SKERRY_UPGRADE_FAULTS ?? 0);
const SEED = Number(process.env.SKERRY_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Scenarios by name, for one that has to be looked at: `SKERRY_DRILL_ONLY=cut-network,every-pod`. */
const ONLY = process.env.SKERRY_DRILL_ONLY?.split(',');
/** What an ordinary run has time for: one of each kind. */
const FEW = ['registry-pod', 'damaged-stick', 'kill-rollback@back.begun', 'random-1', 'random-2'];

let cluster: Cluster;
let stickOf: (version: ReleaseVersion) => StickFixture;
let folder: string;

before(async () => {
  await ensureHost({ install: true, groups: ['cluster', 'build', 'tools'] });
  stickOf = await ensureReleases(['1.0.0', '1.1.0']);
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  cluster = await startCluster({ name: 'faults', programs });
  folder = await mkdtemp(join(tmpdir(), 'skerry-faults-'));
});

after(async () => {
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test('a pair of releases goes up and down sealed, and the stick carries the signed statement', async (context) => {
  const [old, next] = [stickOf('1.0.0'), stickOf('1.1.0')];
  const copy = join(folder, 'stick');
  await cp(next.folder, copy, { recursive: true });
  const outside = `sed -n 's/.*outside/outside/p' ${join(cluster.folder, 'log/coredns.log')}`;
  const args = ['--key', old.keyPath, '--outside-command', outside, '--output', 'json'];
  const proof = JSON.parse(await skerry(cluster, next, ['bundle', 'prove', old.folder, copy, ...args]));
  for (const { id, seconds, detail } of proof.steps) context.diagnostic(`${id} ${seconds} s ${detail}`);
  assert.deepEqual([proof.from.version, proof.to.version], ['1.0.0', '1.1.0']);
  assert.ok(proof.watched.every(({ isWatched }: { isWatched: boolean }) => isWatched));
  await skerry(cluster, { folder: copy }, ['bundle', 'verify', copy, '--key', next.publicKeyPath]);
  await command('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: copy });
  assert.equal(await cluster.api.get('/api/v1/namespaces/skerry-system'), undefined);
});

const Drill = z.object({
  trials: z.array(
    z.looseObject({ id: z.string(), verdict: z.string(), end: z.string().optional(), detail: z.string() }),
  ),
});

test('an upgrade that is disturbed ends in exactly the old or exactly the new release', async (context) => {
  context.diagnostic(`SKERRY_SEED=${SEED} SKERRY_UPGRADE_FAULTS=${FAULTS}`);
  const [old, next] = [stickOf('1.0.0'), stickOf('1.1.0')];
  const node = `${process.execPath} ${join(import.meta.dirname, '../upgrade/faults-main.ts')} ${cluster.name}`;
  const chosen = ONLY ?? (FAULTS > 0 ? undefined : FEW);
  const moments = ['--random', String(chosen === FEW ? 2 : FAULTS), '--seed', String(SEED)];
  const only = chosen?.flatMap((id) => ['--only', id]) ?? ['--thorough'];
  const given = ['--key', next.publicKeyPath, '--node-command', node, ...moments, ...only];
  const args = ['drill', old.folder, next.folder, ...given, '--output', 'json'];
  const result = await startSkerry(cluster, next, args);
  assert.notEqual(result.stdout, '', result.all);
  const { trials } = Drill.parse(JSON.parse(result.stdout));
  for (const { id, verdict, end, detail } of trials)
    context.diagnostic(`${id}: ${verdict}, ${end ?? '-'} ${detail}`);
  assert.deepEqual(
    trials.filter(({ verdict }) => verdict === 'failed'),
    [],
  );
  assert.equal(result.exitCode, 0, result.stderr);
});

test('neither touches a cluster in which something is installed, or that has namespaces of others', async () => {
  const [old, next] = [stickOf('1.0.0'), stickOf('1.1.0')];
  await skerry(cluster, old, ['install', old.folder, '--key', old.publicKeyPath]);
  const undisturbed = await endState(cluster);
  for (const args of [
    ['drill', old.folder, next.folder, '--key', next.publicKeyPath],
    ['bundle', 'prove', old.folder, next.folder, '--key', next.keyPath],
  ])
    assert.deepEqual((await failing(cluster, next, args)).codes, ['CLUSTER_NOT_SCRATCH']);
  assert.deepEqual(await endState(cluster), undisturbed);
});
