import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planDeletes } from './deletes.ts';

const SIGNATURE = `sha256-${'a'.repeat(64)}.sig`;

test('what the source no longer has is deleted; backups and what belongs to images stay and do not count', () => {
  const tags = ['1', '2', '3', '4', '1-before-0123456789ab', SIGNATURE];
  const held = [{ repository: 'app', tags, wanted: new Set(['1', '2', '3']) }];
  const plan = planDeletes(held, { maxShare: 25, backups: ['{tag}-before-{digest}'] });
  assert.deepEqual(plan, { tags: [{ repository: 'app', tag: '4' }], held: 4, most: 1, allowed: true });
  assert.equal(planDeletes(held, { maxShare: 24, backups: ['{tag}-before-{digest}'] }).allowed, false);
});

test('a repository of which the source has nothing loses nothing', () => {
  const held = [{ repository: 'app', tags: ['1', '2'], wanted: new Set<string>() }];
  assert.deepEqual(planDeletes(held, { maxShare: 100, backups: [] }).tags, []);
});

test('never more than the share, whatever the source has', () => {
  const tag = fc.constantFrom(...'abcdefghij');
  const repository = fc.record({
    repository: fc.constantFrom('x', 'y', 'z'),
    tags: fc.uniqueArray(tag),
    wanted: fc.uniqueArray(tag).map((tags) => new Set(tags)),
  });
  fc.assert(
    fc.property(
      fc.array(repository, { maxLength: 3 }),
      fc.integer({ min: 1, max: 100 }),
      (held, maxShare) => {
        const plan = planDeletes(held, { maxShare, backups: [] });
        assert.equal(plan.allowed, plan.tags.length <= (plan.held * maxShare) / 100);
        for (const { repository: name, tag: deleted } of plan.tags)
          assert.ok(held.some((each) => each.repository === name && !each.wanted.has(deleted)));
      },
    ),
  );
});
