import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userText } from './user-text.ts';

test('a ServiceAccount is called by its name and namespace, all others as they are', () => {
  assert.equal(userText('system:serviceaccount:people:alice'), 'alice (people)');
  assert.equal(userText('oidc:alice'), 'oidc:alice');
});
