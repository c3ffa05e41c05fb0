import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesRepository, parseRepositoryPattern } from './repository-pattern.ts';

function matches(pattern: string, repository: string): boolean {
  const parsed = parseRepositoryPattern(pattern);
  assert.ok(parsed, pattern);
  return matchesRepository(parsed, repository);
}

test('a pattern without a star is one repository', () => {
  assert.ok(matches('team/app', 'team/app'));
  for (const other of ['team', 'team/ap', 'team/apps', 'team/app/x', 'x/team/app']) {
    assert.ok(!matches('team/app', other), other);
  }
});

test('a star stays within one path component', () => {
  assert.ok(matches('team/*', 'team/app'));
  assert.ok(matches('team/app-*', 'team/app-'));
  assert.ok(matches('*/a*b*c', 'team/aXbYc'.toLowerCase()));
  for (const other of ['team', 'team/app/x', 'other/app']) assert.ok(!matches('team/*', other), other);
});

test('two stars are one component or more', () => {
  for (const one of ['a', 'a/b', 'a/b/c']) assert.ok(matches('**', one), one);
  assert.ok(matches('team/**', 'team/app'));
  assert.ok(matches('team/**', 'team/app/x'));
  assert.ok(!matches('team/**', 'team'));
  assert.ok(!matches('team/**', 'teams/app'));
  assert.ok(matches('**/app', 'x/y/app'));
  assert.ok(!matches('**/app', 'app'));
  assert.ok(matches('a/**/z', 'a/b/c/z'));
  assert.ok(!matches('a/**/z', 'a/z'));
});

test('what no repository could be called is no pattern', () => {
  for (const text of [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'Team/*',
    'a/**b',
    '***',
    'a b',
    'a:b',
    'a?',
    'x'.repeat(256),
  ]) {
    assert.equal(parseRepositoryPattern(text), undefined, text);
  }
});

test('patterns mean what the same regular expression means', () => {
  const part = fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 5 });
  const component = fc.oneof(
    part.map((parts) => parts.join('').replace(/\*+/g, '*')),
    fc.constant('**'),
  );
  const patterns = fc.array(component, { minLength: 1, maxLength: 4 });
  const name = fc
    .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(''));
  const names = fc.array(name, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(patterns, names, (pattern, repository) => {
      const expression = pattern.map((each) =>
        each === '**' ? '[^/]+(?:/[^/]+)*' : each.replaceAll('*', '[^/]*'),
      );
      const expected = new RegExp(`^${expression.join('/')}$`).test(repository.join('/'));
      assert.equal(matches(pattern.join('/'), repository.join('/')), expected);
    }),
    { numRuns: 2000 },
  );
});

test('many stars cost no more than few', () => {
  // A backtracking matcher would not come to an end with this.
  const pattern = `${'a*'.repeat(60)}b`;
  assert.equal(matches(pattern, 'a'.repeat(255)), false);
  assert.equal(matches(`${'**/'.repeat(60)}b`, Array.from({ length: 120 }, () => 'a').join('/')), false);
});
