import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isSkerryError } from '../../content/error.ts';
import type { Selection } from '../client/client.ts';
import type { KubeObject } from '../object.ts';
import {
  failUnfinishedRelease,
  type ReleaseRecord,
  readLatestRecord,
  readRecords,
  wasDeployed,
} from './helm-release.ts';

const release = { name: 'web', namespace: 'here' };

function record(status: string, description = ''): ReleaseRecord {
  return { revision: 1, status, description, manifest: '', hooks: [] };
}

function secret(version: number, status: string, content?: string): KubeObject {
  const json = JSON.stringify({
    version,
    info: { status, description: 'x' },
    manifest: `m${version}`,
    chart: { a: 1 },
  });
  const stored = content ?? gzipSync(json).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.web.v${version}`,
      namespace: 'here',
      resourceVersion: '7',
      labels: { owner: 'helm', name: 'web', status, version: String(version) },
    },
    data: { release: Buffer.from(stored).toString('base64') },
  };
}

/** Answers to label selectors as the API server does, as far as they are asked here. */
function serverWith(secrets: KubeObject[]) {
  return {
    list: async ({ labelSelector = '' }: Selection) => {
      const wanted = /status in \((.*)\)/.exec(labelSelector)?.[1]?.split(',');
      const items = secrets.filter(({ metadata }) => wanted?.includes(metadata.labels?.status ?? '') ?? true);
      return { items, resourceVersion: '1' };
    },
    replace: async (object: KubeObject) => {
      const index = secrets.findIndex(({ metadata }) => metadata.name === object.metadata.name);
      secrets[index] = object;
      return object;
    },
  };
}

const histories: [string, ReleaseRecord[], boolean][] = [
  ['none', [], false],
  ['a failed first try', [record('failed', 'Release "web" failed: x')], false],
  ['an unfinished first try', [record('pending-install', 'Initial install underway')], false],
  [
    'one that is deployed',
    [record('failed', 'Release "web" failed: x'), record('deployed', 'Install complete')],
    true,
  ],
  [
    'a failed upgrade',
    [record('deployed', 'Install complete'), record('failed', 'Upgrade "web" failed: x')],
    true,
  ],
  [
    'a failed rollback, which makes what was deployed superseded',
    [record('superseded', 'Upgrade complete'), record('failed', 'Rollback "web" failed: x')],
    true,
  ],
  [
    'a failed rollback from a failed first try',
    [record('superseded', 'Release "web" failed: x'), record('failed', 'Rollback "web" failed: x')],
    false,
  ],
  ['an uninstalled one', [record('uninstalled', 'Uninstallation complete')], false],
];
for (const [what, records, deployed] of histories) {
  test(`a history with ${what} ${deployed ? 'was' : 'was never'} whole`, () => {
    assert.equal(wasDeployed(records), deployed);
  });
}

test('revisions come in order, also beyond nine, and the latest is the latest', async () => {
  const client = serverWith([10, 9, 11, 2].map((version) => secret(version, 'superseded')));
  const records = await readRecords(client, release);
  assert.deepEqual(
    records.map(({ revision, manifest }) => [revision, manifest]),
    [2, 9, 10, 11].map((version) => [version, `m${version}`]),
  );
  assert.equal((await readLatestRecord(client, release))?.revision, 11);
});

test('a Secret of another type is no record', async () => {
  const client = serverWith([{ ...secret(1, 'deployed'), type: 'Opaque' }]);
  assert.deepEqual(await readRecords(client, release), []);
  assert.equal(await readLatestRecord(client, release), undefined);
});

test('a record that cannot be read is named', async () => {
  const broken = [
    '',
    'AAAA',
    gzipSync('{').toString('base64'),
    gzipSync('{"version":"a"}').toString('base64'),
  ];
  for (const content of broken) {
    await assert.rejects(
      readRecords(serverWith([secret(1, 'deployed', content)]), release),
      (error) =>
        isSkerryError(error, 'HELM_RECORD_INVALID') &&
        error.subject === 'Secret here/sh.helm.release.v1.web.v1',
    );
  }
});

test('an unfinished revision becomes a failed one and keeps what it applied; others stay', async () => {
  for (const status of ['pending-install', 'pending-upgrade', 'pending-rollback', 'uninstalling']) {
    const secrets = [secret(1, 'superseded'), secret(2, status)];
    const [first] = structuredClone(secrets);
    const client = serverWith(secrets);
    assert.deepEqual(await failUnfinishedRelease(client, release), ['Secret here/sh.helm.release.v1.web.v2']);
    assert.deepEqual(secrets[0], first);
    const latest = await readLatestRecord(client, release);
    assert.equal(latest?.status, 'failed');
    assert.equal(latest?.manifest, 'm2');
    assert.equal(secrets[1]?.metadata.labels?.status, 'failed');
    assert.equal(secrets[1]?.metadata.resourceVersion, '7', 'written only if nobody else has written');
    assert.deepEqual(await failUnfinishedRelease(client, release), []);
  }
});
