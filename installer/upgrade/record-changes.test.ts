import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { type Installation, InstallationSchema } from '../record/installation.ts';
import { wholeRecord } from '../record/whole-record.ts';
import {
  begun,
  checkpointed,
  committed,
  returned,
  returning,
  turnedBack,
  upgradeOf,
} from './record-changes.ts';

const key = { fingerprint: 'f', pem: 'p' };
const release = (version: string) => ({ name: 'platform', version, digest: digestOf(version) });
const component = (name: string, crds: string[] = []) => ({ name, namespace: 'platform', crds, health: [] });
const checkpoint = { repository: 'skerry/checkpoints', tag: 'u', digest: digestOf('checkpoint') };

const installed: Installation = {
  version: 2,
  id: 'i',
  state: 'installed',
  release: release('1.0.0'),
  key,
  phases: [
    'address-workstation',
    'component-registry',
    'copy',
    'address-cluster',
    'images',
    'component-old',
  ].map((id) => ({ id, state: 'done' as const, finishedAt: 'then' })),
  components: [component('registry'), component('old', ['olds.example'])],
  namespaces: ['platform'],
  adopted: [],
  history: [],
};
const started = begun(installed, {
  id: 'u',
  to: release('1.1.0'),
  key: { ...key, fingerprint: 'g' },
  startedAt: 'now',
  phases: ['stage', 'component-new', 'component-old', 'commit'],
  components: [
    { ...component('registry'), action: 'keep', revision: 1 },
    { ...component('new', ['news.example']), action: 'install' },
    { ...component('old', ['olds.example']), action: 'remove', revision: 2 },
  ],
});

test('while it runs the record still has the release of before, and tells of all that is there', () => {
  assert.deepEqual([started.state, started.release], ['upgrading', release('1.0.0')]);
  assert.ok(InstallationSchema.safeParse(started).success);
  const whole = wholeRecord(started);
  assert.deepEqual(
    whole.components.map(({ name, crds }) => [name, crds]),
    [
      ['registry', []],
      ['old', ['olds.example']],
      ['new', ['news.example']],
    ],
  );
  assert.equal(whole.phases.find(({ id }) => id === 'component-new')?.state, 'waiting');
});

test('once committed it is that of an installation of the new release, which knows what was before', () => {
  const ids = [
    'address-workstation',
    'component-registry',
    'copy',
    'address-cluster',
    'images',
    'component-new',
  ];
  const found = committed(checkpointed(started, checkpoint), ids, 'later');
  assert.deepEqual([found.state, found.release, found.key.fingerprint], ['installed', release('1.1.0'), 'g']);
  assert.equal(found.upgrade, undefined);
  assert.deepEqual(
    found.phases.map(({ id, state }) => `${id} ${state}`),
    ids.map((id) => `${id} done`),
  );
  assert.deepEqual(found.components, [
    component('registry', ['olds.example']),
    component('new', ['news.example']),
  ]);
  assert.deepEqual(found.previous, {
    release: release('1.0.0'),
    key,
    components: [
      { ...component('registry'), revision: 1 },
      { ...component('old', ['olds.example']), revision: 2 },
    ],
    checkpoint,
    upgradedAt: 'later',
  });
  assert.ok(InstallationSchema.safeParse(found).success);
});

test('it is not committed without a checkpoint', () => {
  assert.throws(() => committed(started, [], 'later'), /without a checkpoint/);
});

test('once it goes back it says so with its first reason, and ends as it was', () => {
  const back = turnedBack(started, { code: 'HEALTH_TIMEOUT', message: 'hub' });
  const again = turnedBack(back, { code: 'ROLLBACK', message: 'a word' });
  assert.deepEqual([again.state, upgradeOf(again).direction], ['rolling-back', 'back']);
  assert.equal(upgradeOf(again).reason?.code, 'HEALTH_TIMEOUT');
  assert.deepEqual(returned(again), installed);
});

test('taking back what was committed is an upgrade on its way back, to just the record of before', () => {
  const ids = [
    'address-workstation',
    'component-registry',
    'copy',
    'address-cluster',
    'images',
    'component-new',
  ];
  const done = committed(checkpointed(started, checkpoint), ids, 'later');
  const components = [
    { ...component('registry'), action: 'keep' as const, revision: 1 },
    { ...component('new'), action: 'install' as const },
    { ...component('old'), action: 'remove' as const, revision: 2 },
  ];
  const record = returning(done, {
    id: 'r',
    startedAt: 'now',
    components,
    phases: ['images', 'component-new'],
  });
  assert.deepEqual(
    [record.state, record.release, record.previous],
    ['rolling-back', release('1.0.0'), undefined],
  );
  assert.deepEqual(upgradeOf(record).checkpoint, checkpoint);
  assert.deepEqual(
    upgradeOf(record).phases.map(({ state }) => state),
    ['done', 'done'],
  );
  const end = returned(record);
  assert.deepEqual(
    end.phases.map(({ id, state }) => `${id} ${state}`),
    installed.phases.map(({ id }) => `${id} done`),
  );
  assert.deepEqual(end.components, installed.components);
  assert.ok(InstallationSchema.safeParse(record).success);
});
