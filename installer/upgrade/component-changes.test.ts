import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { type Digest, digestOf } from '../../content/digest.ts';
import { changesBetween, newImages, revisionBefore } from './component-changes.ts';

interface Part {
  readonly name: string;
  readonly chart?: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly image?: string;
}

function release(version: string, parts: readonly Part[]): LockedRelease {
  const digest = (text: string): Digest => digestOf(text);
  return {
    apiVersion: 'skerry.dev/v1',
    kind: 'LockedRelease',
    name: 'platform',
    version,
    description: '',
    kubernetes: '*',
    registry: { component: 'registry' },
    components: parts.map(({ name, chart = '1', values = {} }) => ({
      name,
      namespace: 'platform',
      chart: { repository: `skerry/charts/${name}`, tag: chart, digest: digest(`${name} ${chart}`) },
      values,
      timeoutSeconds: 10,
      health: [],
      images: [`example/${name}:1`],
    })),
    packs: [],
    images: parts.map(({ name, image = '1' }) => ({
      reference: `example/${name}:1`,
      names: [],
      certainty: 'sure',
      places: [],
      repository: `example/${name}`,
      tag: '1',
      digest: digest(`image ${name} ${image}`),
    })),
    notTaken: [],
    platforms: [],
    apiVersions: [],
    hostTools: [],
    contents: [],
  };
}

const recorded = (names: readonly string[]) =>
  names.map((name) => ({ name, namespace: 'platform', crds: [`${name}.example`], health: [] }));

const before = [{ name: 'registry' }, { name: 'hub' }, { name: 'old' }, { name: 'older' }];
const revisions = new Map(before.map(({ name }, index) => [name, index + 1]));
const changes = (parts: readonly Part[]) =>
  changesBetween({
    from: release('1.0.0', before),
    to: release('1.1.0', parts),
    recorded: recorded(before.map(({ name }) => name)),
    revisions,
  });

test('what is the same stays, what differs in chart, values or images is upgraded', () => {
  const told = (part: Part) => changes([{ name: 'registry' }, part])[1]?.action;
  assert.equal(told({ name: 'hub' }), 'keep');
  assert.equal(told({ name: 'hub', chart: '2' }), 'upgrade');
  assert.equal(told({ name: 'hub', values: { replicas: 2 } }), 'upgrade');
  assert.equal(told({ name: 'hub', image: '2' }), 'upgrade');
});

test('new ones come in the order of the release, those that it has not go at the end, the last one first', () => {
  const found = changes([{ name: 'registry' }, { name: 'new' }, { name: 'hub', chart: '2' }]);
  assert.deepEqual(
    found.map(({ name, action, revision, crds }) => [name, action, revision, crds]),
    [
      ['registry', 'keep', 1, ['registry.example']],
      ['new', 'install', undefined, []],
      ['hub', 'upgrade', 2, ['hub.example']],
      ['older', 'remove', 4, ['older.example']],
      ['old', 'remove', 3, ['old.example']],
    ],
  );
});

test('a component that is recorded and that Helm does not know is installed', () => {
  const [, hub] = changesBetween({
    from: release('1.0.0', before),
    to: release('1.1.0', before),
    recorded: recorded(['registry', 'hub']),
    revisions: new Map([['registry', 1]]),
  });
  assert.deepEqual([hub?.action, hub?.revision], ['install', undefined]);
});

test('nodes pull what is new of what is changed, and nothing else', () => {
  const from = release('1.0.0', before);
  const to = release('1.1.0', [
    { name: 'registry', image: '2' },
    { name: 'hub', chart: '2' },
    { name: 'old', image: '2' },
  ]);
  const changed = changesBetween({ from, to, recorded: recorded(['registry', 'hub']), revisions });
  const pulled = newImages(from, to, changed);
  assert.deepEqual(
    pulled.map((place) => place.replace(/@.*/, '')),
    ['localhost:31999/example/old:1', 'localhost:31999/example/registry:1'],
  );
});

test('what runs is what was deployed, or else what was good last, whatever Helm calls it', () => {
  const record = (revision: number, status: string, description = 'Upgrade complete') => ({
    ...{ revision, status, description },
  });
  const failed = record(2, 'superseded', 'Upgrade "hub" failed: no');
  assert.equal(revisionBefore([]), undefined);
  assert.equal(revisionBefore([record(1, 'deployed'), record(2, 'failed')]), 1);
  assert.equal(revisionBefore([record(1, 'superseded'), failed, record(3, 'failed')]), 1);
  assert.equal(revisionBefore([failed]), 2);
});
