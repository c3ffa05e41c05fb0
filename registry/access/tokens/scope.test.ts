import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatScopes, parseScopes } from './scope.ts';

test('scopes are read as clients write them', () => {
  assert.deepEqual(parseScopes(['repository:team/app:pull,push', 'registry:catalog:*']), [
    { type: 'repository', name: 'team/app', actions: ['pull', 'push'] },
    { type: 'registry', name: 'catalog', actions: ['*'] },
  ]);
  // containerd sends several in one parameter; docker names the class of plugins.
  assert.equal(parseScopes(['repository:a:pull repository:b:pull', 'repository(plugin):c:pull'])?.length, 3);
  assert.equal(formatScopes(parseScopes(['repository:a:pull,pull,push']) ?? []), 'repository:a:pull,push');
});

test('what is no scope of ours is left out', () => {
  for (const text of ['', 'repository', 'repository::pull', 'repository:A:pull', 'repository:../x:pull']) {
    assert.deepEqual(parseScopes([text]), [], text);
  }
  for (const text of [
    'registry:users:*',
    'admin:a:pull',
    'repository:a:',
    'repository:a:pull"x',
    'repository:h:80/a:pull',
  ]) {
    assert.deepEqual(parseScopes([text]), [], text);
  }
});

test('more than a token can hold is not taken', () => {
  assert.equal(parseScopes(Array.from({ length: 65 }, (_, n) => `repository:a${n}:pull`)), undefined);
  assert.equal(parseScopes([`repository:${'a'.repeat(5000)}:pull`]), undefined);
});

test('nothing makes the reading of scopes fail', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 5 }), (parameters) => {
      for (const { type, actions } of parseScopes(parameters) ?? []) {
        assert.ok(['repository', 'registry'].includes(type));
        assert.ok(actions.length > 0);
      }
    }),
  );
});
