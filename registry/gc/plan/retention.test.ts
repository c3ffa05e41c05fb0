import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRetention, ruledKeep } from './retention.ts';

const DAY = 86_400_000;

describe('retention rules', () => {
  const rules = parseRetention(
    'rules:\n  - { repositories: "team/**", keepUntagged: 30d }\n  - { repositories: team/app, keepUntagged: 90d }\n  - { repositories: audit/*, keepUntagged: forever }\n',
    'rules.yaml',
  );

  test('keep for the longest of those that fit a repository', () => {
    assert.equal(ruledKeep(rules, 'team/app'), 90 * DAY);
    assert.equal(ruledKeep(rules, 'team/other'), 30 * DAY);
    assert.equal(ruledKeep(rules, 'audit/log'), Number.POSITIVE_INFINITY);
    assert.equal(ruledKeep(rules, 'other'), undefined);
  });

  test('may be written as JSON', () => {
    assert.deepEqual(parseRetention('{"rules":[{"repositories":"**","keepUntagged":"12h"}]}', 'rules.json'), [
      { repositories: '**', keepFor: DAY / 2 },
    ]);
  });

  for (const text of [
    'rules: {}',
    'rules: [{ repositories: "team/**" }]',
    'rules: [{ repositories: "team/**", keepUntagged: 90 days }]',
    'rules: [{ repositories: "/team", keepUntagged: 90d }]',
    'rules: [{ repositories: team, keepUntagged: 90d, deleteTagged: true }]',
    'rules: [',
    '',
  ])
    test(`are refused as a whole when they say ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRetention(text, 'rules.yaml'), { code: 'REGISTRY_RETENTION_INVALID' });
    });
});
