// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inputOf, made, packOf, profileOf } from '../compile/testing/sample.ts';
import { fieldChanges } from './field-changes.ts';
import { layerChanges } from './layer-changes.ts';

describe('what becomes of the layers of a cluster', () => {
  test('is said of each in their order, and of those that go', async () => {
    const before = await made(
      inputOf(
        profileOf([packOf('a', { values: 'replicas: 2' }), packOf('b'), packOf('old', { onRemove: 'keep' })]),
      ),
    );
    const after = await made(
      inputOf(
        profileOf(
          [packOf('fresh'), packOf('a', { values: 'replicas: 3' }), packOf('b', { version: '1.1.0' })],
          {
            version: '1.1.0',
          },
        ),
        { last: before },
      ),
    );
    const changes = layerChanges(before, after);
    assert.deepEqual(
      changes.map(({ name, change, detail }) => [name, change, detail]),
      [
        ['fresh', 'add', '1.0.0'],
        ['a', 'change', 'values'],
        ['b', 'change', '1.0.0 → 1.1.0'],
        ['old', 'remove', 'its objects stay'],
      ],
    );
    assert.deepEqual(changes[1]?.values, [{ pointer: '/replicas', before: 2, after: 3 }]);
    assert.ok(layerChanges(after, after).every(({ change }) => change === 'none'));
    assert.ok(layerChanges(undefined, after).every(({ change }) => change === 'add'));
  });

  test('says that a secret is another, and nothing of what it is', async () => {
    const variables = [{ name: 'password', sensitive: true }];
    const profile = profileOf([packOf('a', { values: 'host: ${password}' })], { variables });
    const withSecret = async (text: string) =>
      await made(
        inputOf(profile, {
          spec: {
            profiles: [
              {
                name: 'web',
                version: '1.0.0',
                variables: [{ name: 'password', secret: { name: 's', key: 'k' } }],
              },
            ],
          },
          secretText: () => text,
        }),
      );
    const [before, same, other] = [await withSecret('one'), await withSecret('one'), await withSecret('two')];
    assert.equal(layerChanges(before, same)[0]?.change, 'none');
    const [changed] = layerChanges(before, other);
    assert.deepEqual([changed?.detail, changed?.values], ['secret values', undefined]);
  });
});

test('fields that differ are named, the innermost ones, and no more than fifty', () => {
  assert.deepEqual(fieldChanges({ a: { b: 1, c: 2 }, l: [1, 2] }, { a: { b: 1, c: 3 }, l: [1], n: null }), [
    { pointer: '/a/c', before: 2, after: 3 },
    { pointer: '/l/1', before: 2 },
    { pointer: '/n', after: null },
  ]);
  const many = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`f${index}`, index]));
  assert.equal(fieldChanges({}, many).length, 50);
  assert.deepEqual(fieldChanges([], {}), [{ pointer: '', before: [], after: {} }]);
});
