import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSkerryError } from '../content/error.ts';
import { parseManifests } from './manifest.ts';

const HEAD = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n';

function read(text: string): unknown {
  const [object] = parseManifests(HEAD + text, 'test');
  return object?.data;
}

/** Each is what go-yaml makes of it, and it takes all of them. */
const LITTLE_INDENTED: readonly [what: string, text: string, data: unknown][] = [
  [
    'single quotes, as far in as their key',
    "data:\n  a: 'it''s\n  two'\n  b: x\n",
    { a: "it's two", b: 'x' },
  ],
  ['double quotes at the start of the line', 'data:\n  a: "one\n\n\\"two\\"\n"\n', { a: 'one\n"two" ' }],
  ['quotes in a list', "data:\n  a:\n  - 'x\n  y'\n  - z\n", { a: ['x y', 'z'] }],
  ['quotes in an object in a list', 'data:\n  - k: "x\n  y"\n    l: z\n', [{ k: 'x y', l: 'z' }]],
  ['braces', 'data: {\n"a": "b", # }\n"c": {\n"d": [1,\n2]}\n}\n', { a: 'b', c: { d: [1, 2] } }],
  ['brackets', "data:\n  a: [\nx, 'y ]\nz'\n]\n  b: 1\n", { a: ['x', 'y ] z'], b: 1 }],
  ['a quoted key before them', 'data:\n  "a:b": "x\n  y"\n', { 'a:b': 'x y' }],
  [
    'beside texts that only look like them',
    "data:\n  a: |\n    \"x\n   \n    {\n  b: it's\n    \"so\n  c: >-\n    '\n  d: 'x\n  y' # it's\n  # \"\n  e: http://x/#\"\n",
    { a: '"x\n\n{\n', b: 'it\'s "so', c: "'", d: 'x y', e: 'http://x/#"' },
  ],
  ['with an anchor and an alias', "data:\n  a: &x 'x\n  y'\n  b: *x\n", { a: 'x y', b: 'x y' }],
  ['with Windows line ends', "data:\r\n  a: 'x\r\n  y'\r\n  b: z\r\n", { a: 'x y', b: 'z' }],
];

describe('what is little indented is read as Kubernetes reads it', () => {
  for (const [what, text, data] of LITTLE_INDENTED)
    test(what, () => {
      assert.deepEqual(read(text), data);
    });
});

test('an error is told of the text as it was written', () => {
  assert.throws(
    () => read("data:\n  a: 'x\n  y'\n  b: 'z\n"),
    (error) => {
      assert.ok(isSkerryError(error, 'MANIFESTS_UNREADABLE'));
      return true;
    },
  );
});

test('an anchor may be used often, and still not without an end', () => {
  const many = `data:\n  a: &x {p: q}\n  b: [${Array.from({ length: 300 }, () => '*x').join(', ')}]\n`;
  assert.deepEqual(read(many), { a: { p: 'q' }, b: Array.from({ length: 300 }, () => ({ p: 'q' })) });
  const levels = Array.from({ length: 9 }, (_, level) => {
    const below = level === 0 ? 'x' : `*l${level - 1}`;
    return `  l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join(', ')}]\n`;
  });
  assert.throws(
    () => read(`data:\n${levels.join('')}`),
    (error) => isSkerryError(error, 'MANIFESTS_UNREADABLE'),
  );
});
