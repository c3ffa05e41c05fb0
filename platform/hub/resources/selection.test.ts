import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import { type Selecting, select } from './selection.ts';

describe('a selection of a list', () => {
  const all = [
    cluster('b', { project: 'p1', phase: 'Ready', created: 3, site: 'north' }),
    cluster('a', { project: 'p2', phase: 'Failed', created: 1, site: 'south' }),
    cluster('c', { project: 'p1', phase: 'Ready', created: 2, site: 'north' }),
    cluster('d', { project: 'p1', created: 4, site: 'south', profile: 'edge' }),
  ];
  const of = (wanted: Partial<Selecting>) => select(all, { limit: 100, ...wanted });
  const names = (wanted: Partial<Selecting>) =>
    of(wanted)
      .items.map(({ metadata }) => metadata.name)
      .join('');

  test('is in the order that is asked for', () => {
    assert.equal(names({}), 'bcda');
    assert.equal(names({ sort: 'name' }), 'abcd');
    assert.equal(names({ sort: '-name' }), 'dcba');
    assert.equal(names({ sort: 'age' }), 'dbca');
    assert.equal(names({ sort: '-age' }), 'acbd');
    assert.equal(names({ sort: 'state' }), 'adbc');
    assert.equal(names({ sort: '-state' }), 'cbda');
  });

  test('has what fits labels, words and states, and says how many there are', () => {
    assert.equal(names({ labelSelector: 'site=north' }), 'bc');
    assert.equal(names({ filter: 'SOUTH  edge' }), 'd');
    assert.equal(names({ filter: 'nothing' }), '');
    const ready = of({ states: ['Ready'], filter: 'p1', limit: 1 });
    assert.deepEqual([ready.total, ready.items.length, ready.states], [2, 1, { Ready: 2, Pending: 1 }]);
  });

  test('goes on page by page, in any order, whatever comes and goes in between', () => {
    for (const sort of [undefined, 'name', '-name', 'age', '-age', 'state', '-state'] as const) {
      const whole = names({ sort });
      let pages = '';
      let next: string | undefined;
      do {
        const page = of({ sort, limit: 1, continue: next });
        assert.equal(page.total, 4);
        pages += page.items[0]?.metadata.name;
        ({ next } = page);
      } while (next !== undefined);
      assert.equal(pages, whole, sort ?? '');
    }
    const { next } = of({ sort: 'name', limit: 2 });
    const without = all.filter(({ metadata }) => metadata.name !== 'b');
    const rest = select(without, { limit: 9, sort: 'name', continue: next });
    assert.deepEqual(
      rest.items.map(({ metadata }) => metadata.name),
      ['c', 'd'],
    );
  });

  test('refuses a place in another list', () => {
    const { next = '' } = of({ limit: 1, sort: 'name' });
    for (const token of [next, 'x', ''])
      assert.throws(
        () => of({ continue: token }),
        (error) => isSkerryError(error, 'REQUEST_INVALID'),
      );
  });
});

interface Made {
  readonly project: string;
  readonly created: number;
  readonly site: string;
  readonly phase?: string;
  readonly profile?: string;
}

function cluster(name: string, { project, created, site, phase, profile = 'web' }: Made): KubeObject {
  return {
    apiVersion: 'skerry.dev/v1alpha1',
    kind: 'Cluster',
    metadata: {
      name,
      namespace: project,
      labels: { site },
      creationTimestamp: `2026-01-0${created}T00:00:00Z`,
    },
    spec: { profiles: [{ name: profile, version: '1.0.0' }] },
    ...(phase === undefined ? {} : { status: { phase } }),
  };
}
