import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsIn } from './hub-problems.ts';
import { pathAt, typingPlace, yamlProblems } from './yaml-place.ts';

/** Where the bar stands somebody types. */
function typedAt(text: string) {
  const offset = text.indexOf('|');
  const found = typingPlace(text.replace('|', ''), offset);
  return found === undefined ? undefined : [found.kind, found.path.join('/'), offset - found.from];
}

test('somebody types a key below what is less indented', () => {
  assert.deepEqual(typedAt('|'), ['key', '', 0]);
  assert.deepEqual(typedAt('rep|'), ['key', '', 3]);
  assert.deepEqual(typedAt('service:\n  ty|'), ['key', 'service', 2]);
  assert.deepEqual(typedAt('a:\n  b:\n    c: 1\n    d|'), ['key', 'a/b', 1]);
  assert.deepEqual(typedAt('a:\n  b: 1\n\n# note\nc|'), ['key', '', 1]);
});

test('somebody types within a list', () => {
  assert.deepEqual(typedAt('hosts:\n  - na|'), ['key', 'hosts/0', 2]);
  assert.deepEqual(typedAt('hosts:\n- na|'), ['key', 'hosts/0', 2]);
  assert.deepEqual(typedAt('hosts:\n  - name: a\n    pa|'), ['key', 'hosts/0', 2]);
  assert.deepEqual(typedAt('hosts:\n  - name: a\n  - name: b\n    paths:\n      - |'), [
    'key',
    'hosts/0/paths/0',
    0,
  ]);
});

test('somebody types the value of a key', () => {
  assert.deepEqual(typedAt('service:\n  type: Node|'), ['value', 'service/type', 4]);
  assert.deepEqual(typedAt('open: |'), ['value', 'open', 0]);
});

test('nothing is offered in a comment or within a text', () => {
  assert.equal(typedAt('# ab|'), undefined);
  assert.equal(typedAt('text: some words|'), undefined);
});

test('what stands at a place is known by its path', () => {
  const text = 'a:\n  - b: 1\n    c: 2\n';
  assert.deepEqual(pathAt(text, text.indexOf('c'))?.path, ['a', 0, 'c']);
  assert.deepEqual(pathAt(text, 0), { path: ['a'], span: { from: 0, to: 1 } });
  assert.equal(pathAt(text, text.indexOf('2')), undefined);
});

test('what is no YAML is found at its place', () => {
  const [problem] = yamlProblems('a: [1, 2\nb: 1\n');
  assert.ok(problem !== undefined && problem.from > 0);
  assert.deepEqual(yamlProblems('a: 1\n'), []);
});

test('what the hub says of values stands at their place in the text', () => {
  const text = 'service:\n  type: Odd\n';
  const problems = [
    { path: 'spec.packs[0].values', message: 'not allowed', within: '/service/type', code: 'VALUES_INVALID' },
    { path: 'spec.packs[1].values', message: 'of another pack' },
  ];
  const found = problemsIn(text, 'spec.packs[0].values', problems);
  assert.deepEqual(
    found.map(({ from, to, message }) => [text.slice(from, to), message]),
    [['type: Odd', 'not allowed (VALUES_INVALID)']],
  );
});
