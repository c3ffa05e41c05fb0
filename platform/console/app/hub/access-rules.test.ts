import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permits } from './access-rules.ts';

test('a rule permits its verbs on its resources alone, and a star all', () => {
  const rules = [
    { verbs: ['get', 'list'], resources: ['clusters', 'projects/members'] },
    { verbs: ['*'], resources: ['rollouts'] },
  ];
  assert.equal(permits(rules, 'get', 'clusters'), true);
  assert.equal(permits(rules, 'get', 'projects/members'), true);
  assert.equal(permits(rules, 'get', 'projects'), false);
  assert.equal(permits(rules, 'delete', 'clusters'), false);
  assert.equal(permits(rules, 'delete', 'rollouts'), true);
  assert.equal(permits([], 'get', 'clusters'), false);
});
