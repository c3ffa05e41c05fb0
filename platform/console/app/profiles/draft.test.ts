import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../../../client/kinds.ts';
import { sampleCluster } from '../testing/sample-cluster.ts';
import { changeDraft, draftAfter, EMPTY_DRAFT, nextVersion, specOf } from './draft.ts';
import { stackOf } from './stack.ts';
import { versionsByProfile } from './versions.ts';

const pack = (name: string) => ({ name, version: '1.0.0', digest: `sha256:${name}` });

function profile(name: string, version: string): Profile {
  const meta = sampleCluster({ name: `${name}-${version}` });
  return { ...meta, status: undefined, spec: { name, version, packs: [pack('web')] } };
}

test('packs are added once, moved within the ends, changed and taken out', () => {
  let draft = EMPTY_DRAFT;
  for (const name of ['a', 'b', 'a']) draft = changeDraft(draft, { type: 'add', pack: pack(name) });
  assert.deepEqual(
    draft.packs.map(({ name }) => name),
    ['a', 'b'],
  );
  draft = changeDraft(draft, { type: 'move', name: 'b', by: -1 });
  assert.deepEqual(
    draft.packs.map(({ name }) => name),
    ['b', 'a'],
  );
  assert.equal(changeDraft(draft, { type: 'move', name: 'b', by: -1 }).packs, draft.packs);
  draft = changeDraft(draft, { type: 'pack', name: 'a', fields: { values: 'x: 1' } });
  draft = changeDraft(draft, { type: 'remove', name: 'b' });
  assert.deepEqual(draft.packs, [{ ...pack('a'), values: 'x: 1' }]);
});

test('what is sent has nothing that is empty', () => {
  const draft = { ...EMPTY_DRAFT, name: 'base', packs: [{ ...pack('web'), preset: '', values: ' \n' }] };
  assert.deepEqual(specOf(draft), { name: 'base', version: '1.0.0', packs: [pack('web')] });
});

test('the next version is one that nobody has', () => {
  assert.equal(nextVersion('1.2.3', []), '1.3.0');
  assert.equal(nextVersion('1.2.3', ['1.3.0', '1.4.0']), '1.5.0');
  assert.deepEqual(draftAfter(profile('base', '1.0.0'), ['1.0.0']), {
    name: 'base',
    version: '1.1.0',
    description: '',
    variables: [],
    packs: [pack('web')],
  });
});

test('versions of a profile are together, the newest first, as numbers', () => {
  const all = [
    profile('base', '1.9.0'),
    profile('web', '1.0.0'),
    profile('base', '1.10.0'),
    profile('base', '1.10.0-rc1'),
  ];
  assert.deepEqual(
    versionsByProfile(all).map(([key, versions]) => [key, ...versions.map(({ spec }) => spec.version)]),
    [
      ['shop/base', '1.10.0', '1.10.0-rc1', '1.9.0'],
      ['shop/web', '1.0.0'],
    ],
  );
});

test('a stack has its layers from the ground up, and an unknown pack is an add-on', () => {
  const layers = new Map([
    ['cni', 'network'],
    ['odd', 'roof'],
  ]);
  const stack = stackOf([pack('web'), pack('cni'), pack('odd')], (name) => layers.get(name));
  assert.deepEqual(
    stack.map(({ layer, packs }) => [layer, ...packs.map(({ name }) => name)]),
    [
      ['network', 'cni'],
      ['addon', 'web', 'odd'],
    ],
  );
});
