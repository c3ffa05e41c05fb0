import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isSkerryError } from '../content/error.ts';
import { inApplyOrder } from './inventory/kind-order.ts';
import { parseManifests } from './manifest.ts';
import { formatId, parseId } from './object.ts';

describe('the identity of an object', () => {
  test('its text is read back as it was, whatever group, namespace and name', () => {
    const word = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const id = fc.record(
      {
        group: fc.oneof(
          fc.constant(''),
          fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
        ),
        kind: fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,10}$/),
        namespace: fc.option(word, { nil: undefined }),
        // RBAC names may hold colons, CRD names dots.
        name: fc.stringMatching(/^[a-z0-9]([a-z0-9.:_-]{0,20}[a-z0-9])?$/),
      },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(id, (value) => assert.deepEqual(parseId(formatId(value)), value)));
  });
});

describe('reading manifests', () => {
  test('scalars mean what they mean to kubectl', () => {
    const [object] = parseManifests(
      'apiVersion: v1\nkind: Thing\nmetadata: {name: a, creationTimestamp: null}\nspec: {mode: 0644, on: yes, day: 2001-12-14, time: 1:30, twice: 1, twice: 2}\n',
      'x',
    );
    assert.deepEqual(object, {
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { mode: 0o644, true: true, day: '2001-12-14', time: '1:30', twice: 2 },
    });
  });

  test('lists are flattened, empty documents left out, generated names taken for names', () => {
    const objects = parseManifests(
      '# nothing\n---\nkind: List\napiVersion: v1\nitems: [{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}]\n---\n',
      'x',
    );
    assert.deepEqual(
      objects.map(({ metadata }) => metadata.name),
      ['a-'],
    );
  });

  for (const [what, text] of [
    ['broken YAML', 'a: b: c'],
    ['no object', 'just text'],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\nmetadata: {}'],
    ['an object without a kind', 'apiVersion: v1\nmetadata: {name: a}'],
  ] as const) {
    test(`${what} is an error that names the source`, () => {
      assert.throws(
        () => parseManifests(text, 'hub.yaml'),
        (error) => isSkerryError(error, 'MANIFESTS_UNREADABLE') && error.subject.startsWith('hub.yaml'),
      );
    });
  }
});

test('what others need is applied first, admission rules last, equal kinds in the order given', () => {
  const kinds = [
    'ValidatingWebhookConfiguration',
    'Thing',
    'Deployment',
    'Role',
    'Secret',
    'CustomResourceDefinition',
    'Namespace',
    'Other',
  ];
  assert.deepEqual(
    inApplyOrder(kinds.map((kind) => ({ kind }))).map(({ kind }) => kind),
    [
      'Namespace',
      'CustomResourceDefinition',
      'Role',
      'Secret',
      'Deployment',
      'Thing',
      'Other',
      'ValidatingWebhookConfiguration',
    ],
  );
});
