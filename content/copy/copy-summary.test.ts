import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../digest.ts';
import { contentError } from '../errors.ts';
import { CopySummary } from './copy-summary.ts';
import type { ItemResult } from './mirror-item.ts';

const item = { repository: 'team/app', reference: 'v1' };
const lost = {
  repository: 'team/app',
  of: digestOf('x'),
  what: 'referrers',
  why: 'unreadable' as const,
  detail: '',
};
const RESULTS: Record<string, ItemResult> = {
  done: { item, outcome: 'done', bytesCopied: 1, omissions: [] },
  same: { item, outcome: 'skipped', bytesCopied: 0, omissions: [] },
  lossy: { item, outcome: 'done', bytesCopied: 1, omissions: [lost] },
  waived: { item, outcome: 'waived', bytesCopied: 0, omissions: [lost] },
  failed: {
    item,
    outcome: 'failed',
    bytesCopied: 0,
    omissions: [],
    error: contentError('CONTENT_NOT_FOUND', { subject: 'team/app:v1' }),
  },
};

test('a copy ends with what is wrong with all of it, with some of it, with what belongs to it, or with nothing', () => {
  const cases: [string[], string | undefined, number][] = [
    [['done', 'same'], undefined, 0],
    [['same'], undefined, 0],
    [['done', 'lossy'], 'CONTENT_INCOMPLETE', 5],
    [['done', 'waived'], 'CONTENT_INCOMPLETE', 5],
    [['done', 'failed', 'lossy'], 'COPY_INCOMPLETE', 6],
    [['same', 'failed'], 'COPY_INCOMPLETE', 6],
    [['failed', 'failed'], 'CONTENT_NOT_FOUND', 1],
  ];
  for (const [names, code, exit] of cases) {
    const summary = new CopySummary();
    for (const name of names) {
      const result = RESULTS[name];
      if (result !== undefined) summary.add(result);
    }
    const failure = summary.failure('layout x');
    assert.deepEqual([failure?.code, failure?.exit ?? 0], [code, exit], names.join(' '));
  }
});
