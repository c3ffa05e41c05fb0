import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Named, withEvents } from './live-event.ts';
import { pagesAfter } from './page-events.ts';

interface Sample extends Named {
  readonly state?: string;
}

const named = (name: string, more: Omit<Partial<Sample>, 'name'> = {}): Sample => ({
  project: 'shop',
  name,
  ...more,
});

test('a list takes what came, changed and went, and stays in the order of names', () => {
  const list = [named('a'), named('b'), named('d')];
  const after = withEvents(list, [
    { type: 'put', kind: 'clusters', object: named('c') },
    { type: 'put', kind: 'clusters', object: named('b', { state: 'new' }) },
    { type: 'delete', kind: 'clusters', object: named('a') },
  ]);
  assert.deepEqual(after, [named('b', { state: 'new' }), named('c'), named('d')]);
  assert.equal(withEvents(list, []), list);
});

test('all there is takes the place of what was', () => {
  const after = withEvents([named('a')], [{ type: 'all', kind: 'clusters', items: [named('z')] }]);
  assert.deepEqual(after, [named('z')]);
});

test('a page changes what it shows in its place, and is stale only when what belongs there may be another', () => {
  const before = { pages: [{ items: [named('a', { state: 'x' }), named('b', { state: 'x' })], total: 2 }] };
  const stateOf = ({ state = '' }: Sample) => state;
  const put = (object: Sample) => [{ type: 'put' as const, kind: 'clusters', object }];
  const same = pagesAfter(before, put(named('b', { state: 'x', status: 1 })), stateOf);
  assert.deepEqual(same.pages.pages, [
    { items: [named('a', { state: 'x' }), named('b', { state: 'x', status: 1 })], total: 2 },
  ]);
  assert.equal(same.isStale, false);
  assert.equal(pagesAfter(before, put(named('b', { state: 'y' })), stateOf).isStale, true);
  assert.equal(pagesAfter(before, put(named('c')), stateOf).isStale, true);
  const gone = (name: string) => [{ type: 'delete' as const, kind: 'clusters', object: named(name) }];
  assert.equal(pagesAfter(before, gone('a'), stateOf).isStale, true);
  assert.equal(pagesAfter(before, gone('q'), stateOf).isStale, false);
  const all = (...names: string[]) => [
    { type: 'all' as const, kind: 'clusters', items: names.map((name) => named(name, { state: 'x' })) },
  ];
  assert.equal(pagesAfter(before, all('a', 'b'), stateOf).isStale, false);
  // It came, or went, after the list was read and before the stream began.
  assert.equal(pagesAfter(before, all('a', 'b', 'c'), stateOf).isStale, true);
  assert.equal(pagesAfter(before, all('a'), stateOf).isStale, true);
});
