import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { auditLines, filterLines } from './audit-log.ts';
import { lastPage } from './audit-pages.ts';
import { ChainWalk } from './chain.ts';
import { certificateEnds } from './metrics.ts';

const START = '0'.repeat(64);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

function chain(actions: readonly string[], start = START): string[] {
  let prev = start;
  return actions.map((action, index) => {
    const entry = { time: `2026-11-29T00:00:0${index}Z`, id: String(index), actor: 'user:alice', action };
    const line = JSON.stringify({ ...entry, subject: 'Cluster shop/edge-1', result: 'done', prev });
    prev = hashOf(line);
    return line;
  });
}

async function walk(lines: readonly string[]) {
  const found = new ChainWalk(async (bytes) => await crypto.subtle.digest('SHA-256', bytes));
  await found.add(lines);
  return found.result;
}

describe('the chain of the audit', () => {
  test('is whole when each line follows on the one before', async () => {
    const lines = chain(['create', 'accept', 'delete']);
    const head = hashOf(lines.at(-1) ?? '');
    assert.deepEqual(await walk(lines), { lines: 3, head, after: undefined, broken: undefined });
  });

  test('is broken by a line that was changed, cut out or put in', async () => {
    const lines = chain(['create', 'accept', 'delete']);
    assert.equal((await walk(lines.with(1, lines[1]?.replace('alice', 'mallet') ?? ''))).broken, 3);
    assert.equal((await walk(lines.toSpliced(1, 1))).broken, 2);
    assert.equal((await walk(lines.toSpliced(1, 0, '{}'))).broken, 2);
    assert.equal((await walk(lines.toSpliced(1, 0, 'no JSON'))).broken, 2);
  });

  test('may begin after earlier lines that have left', async () => {
    const before = hashOf('left');
    const { after, broken } = await walk(chain(['create', 'accept'], before));
    assert.deepEqual([after, broken], [before, undefined]);
  });
});

describe('the last page of the audit', () => {
  /** Pages with these numbers, as the hub gives them. */
  const reader = (numbers: readonly number[]) => {
    let reads = 0;
    const read = async (wanted: number) => {
      reads++;
      const [found, next] = numbers.filter((number) => number >= wanted);
      return { page: found ?? 0, lines: '', ...(next === undefined ? {} : { next }) };
    };
    return { read, reads: () => reads };
  };

  test('is found, however many there are and wherever they begin', async () => {
    for (const [from, count] of [
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 1000],
      [500, 37],
      [1, 3],
    ] as const) {
      const numbers = Array.from({ length: count }, (_, index) => from + index);
      const { read, reads } = reader(numbers);
      assert.equal((await lastPage(read)).page, numbers.at(-1) ?? 0, `${from} ${count}`);
      assert.ok(reads() < 100, String(reads()));
    }
  });
});

test('lines are shown from the latest on, and found by all of some words', () => {
  const lines = auditLines(`${chain(['createCluster', 'deleteCluster']).join('\n')}\nno JSON\n`);
  assert.deepEqual(
    lines.map(({ action }) => action),
    ['deleteCluster', 'createCluster'],
  );
  assert.equal(filterLines(lines, 'ALICE delete').length, 1);
  assert.equal(filterLines(lines, 'bob').length, 0);
  assert.equal(filterLines(lines, '').length, 2);
});

test('certificates come from the metrics, the first to end first', () => {
  const text = [
    '# TYPE skerry_hub_certificate_end_timestamp_seconds gauge',
    'skerry_hub_certificate_begin_timestamp_seconds{certificate="hub"} 1',
    'skerry_hub_certificate_end_timestamp_seconds{certificate="hub"} 300',
    'skerry_hub_certificate_end_timestamp_seconds{certificate="agents-door"} 200',
  ].join('\n');
  assert.deepEqual(certificateEnds(text), [
    { name: 'agents-door', end: 200_000 },
    { name: 'hub', end: 300_000 },
  ]);
});
