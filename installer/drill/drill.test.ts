import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openReleaseBundle } from '../../bundle/release-bundle.ts';
import { makeSignedBundle, newKey } from '../../bundle/testing/signed-bundle.ts';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { type Installation, InstallationSchema } from '../record/installation.ts';
import { boundariesBetween } from './boundary-watch.ts';
import type { TrialResult } from './drill-context.ts';
import { describeTrials, drillError } from './drill-report.ts';
import { chosenTrials, expandScenarios } from './expand.ts';
import { copyBundle, damageBundle } from './faults/damage-stick.ts';
import { runNodeCommand } from './faults/node-command.ts';
import { randomKills, SCENARIOS } from './scenario.ts';

const upgrade = [
  'forward begun',
  'forward stage running',
  'forward stage done',
  'forward component-hub running',
  'forward component-hub done',
];
const baselines = {
  upgrade: { boundaries: upgrade, seconds: 100 },
  rollback: { boundaries: ['back begun', 'back component-hub running'], seconds: 10 },
};

test('a table of scenarios becomes one trial for each moment that the releases have', () => {
  const trials = expandScenarios(SCENARIOS, baselines);
  const kills = trials.filter(({ id }) => id.startsWith('kill-installer@'));
  assert.deepEqual(
    kills.map(({ when }) => (when.at === 'boundary' ? when.boundary : when.at)),
    upgrade,
  );
  assert.equal(new Set(trials.map(({ id }) => id)).size, trials.length, 'each has an id of its own');
  const late = trials.find(({ id }) => id === 'registry-pod-late');
  assert.deepEqual(late?.when, { at: 'boundary', boundary: 'forward component-hub running' });
  const none = expandScenarios(SCENARIOS, { ...baselines, upgrade: { boundaries: [], seconds: 1 } });
  assert.equal(none.find(({ id }) => id === 'registry-pod')?.when.at, 'never');
});

test('trials are chosen by the name of a scenario, or of one moment', () => {
  const trials = expandScenarios(SCENARIOS, baselines);
  assert.equal(chosenTrials(trials, []).length, trials.length);
  assert.equal(chosenTrials(trials, ['kill-installer']).length, upgrade.length);
  assert.deepEqual(
    chosenTrials(trials, ['kill-installer@forward.stage.done', 'cut-network']).map(({ id }) => id),
    ['kill-installer@forward.stage.done', 'cut-network'],
  );
});

test('random moments that were asked for are chosen beside what is named, unless some of them are', () => {
  const trials = expandScenarios([...SCENARIOS, ...randomKills(3, 7)], baselines);
  const chosen = (...only: string[]) => chosenTrials(trials, only).map(({ id }) => id);
  assert.deepEqual(chosen('cut-network'), ['cut-network', 'random-1', 'random-2', 'random-3']);
  assert.deepEqual(chosen('cut-network', 'random-2'), ['cut-network', 'random-2']);
});

test('random moments are the same for the same seed, within the run, and on the way back too', () => {
  const kills = randomKills(50, 7);
  assert.deepEqual(kills, randomKills(50, 7));
  assert.notDeepEqual(kills, randomKills(50, 8));
  assert.deepEqual(new Set(kills.map(({ run }) => run)), new Set(['upgrade', 'rollback']));
  const [first] = expandScenarios(kills, baselines);
  assert.ok(first?.when.at === 'milliseconds' && first.when.milliseconds <= 100_000);
});

test('what a journal has written down between two readings is reported phase by phase', () => {
  const none = record(undefined);
  const begun = record({ direction: 'forward', phases: { stage: 'running', commit: 'waiting' } });
  const later = record({ direction: 'forward', phases: { stage: 'done', commit: 'running' } });
  const back = record({ direction: 'back', phases: { stage: 'done', commit: 'failed' } });
  assert.deepEqual(boundariesBetween(none, begun), ['forward begun', 'forward stage running']);
  assert.deepEqual(boundariesBetween(begun, begun), []);
  assert.deepEqual(boundariesBetween(begun, later), ['forward stage done', 'forward commit running']);
  assert.deepEqual(boundariesBetween(later, back), ['back begun']);
  assert.deepEqual(boundariesBetween(back, none), ['back ended']);
});

test('a damaged copy of a stick is one that is refused, and the stick stays as it was', async () => {
  const key = newKey();
  const path = await makeSignedBundle({ key });
  const before = await readFile(path);
  const copy = await copyBundle(path, await testFolder('damage'));
  await damageBundle(copy);
  await assert.rejects(openReleaseBundle(copy, key.publicKey), (error) => isSkerryError(error));
  assert.deepEqual(await readFile(path), before);
});

test('the command for nodes gets the action, and says by its exit code whether it could', async () => {
  const signal = AbortSignal.timeout(60_000);
  assert.equal(await runNodeCommand('test cut-network =', 'cut-network', signal), true);
  assert.equal(await runNodeCommand('exit 3;', 'restart-node', signal), false);
  await assert.rejects(runNodeCommand('exit 1;', 'restart-node', signal), (error) =>
    isSkerryError(error, 'REHEARSAL_FAILED'),
  );
});

test('the table says of each trial where it ended', () => {
  const held: TrialResult = {
    ...{ id: 'kill-installer', what: 'the installer is killed', run: 'upgrade', expected: 'either' },
    ...{ verdict: 'held', end: 'new', healthy: true, runs: 2, codes: [], seconds: 90, detail: '' },
  };
  const failed: TrialResult = {
    ...held,
    ...{ id: 'x', verdict: 'failed', end: 'between', healthy: false, codes: ['HEALTH_TIMEOUT'] },
    detail: 'an upgrade is open',
  };
  const cannot: TrialResult = { ...held, id: 'y', verdict: 'cannot', end: undefined, runs: 0 };
  const table = describeTrials([held, failed, cannot]);
  assert.match(table, /^kill-installer +held +new +yes +2 +1\.5 +the installer is killed$/m);
  assert.match(table, /^x +FAILED +BETWEEN +NO .*\(HEALTH_TIMEOUT\)\n +an upgrade is open$/m);
  assert.match(table, /1 held, 1 failed, 0 not reached, 1 not possible here$/);
  assert.equal(drillError([held, cannot]), undefined);
  for (const results of [[held, failed], [cannot], []])
    assert.ok(isSkerryError(drillError(results), 'DRILL_FAILED'));
});

function record(
  upgrade: { direction: string; phases: Readonly<Record<string, string>> } | undefined,
): Installation {
  const release = { name: 'demo', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` };
  const key = { fingerprint: 'f', pem: 'p' };
  return InstallationSchema.parse({
    ...{ version: 2, state: 'upgrading', release, key, phases: [], components: [], namespaces: [] },
    history: [],
    ...(upgrade === undefined
      ? {}
      : {
          upgrade: {
            ...{ id: 'u', from: release, to: release, key, direction: upgrade.direction },
            ...{ startedAt: '', components: [] },
            phases: Object.entries(upgrade.phases).map(([id, state]) => ({ id, state })),
          },
        }),
  });
}
