import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  differingFields,
  leafFields,
  missingFields,
  pickFields,
  touchesField,
  valueAt,
} from './field-set.ts';

/** As the API server recorded it for a Deployment that helm applied. */
const SET = {
  'f:metadata': { 'f:labels': { 'f:app.kubernetes.io/name': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:image': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            'f:args': {},
          },
        },
      },
    },
  },
};

const deployment = (image: string, more: object = {}) => ({
  metadata: { labels: { 'app.kubernetes.io/name': 'web', other: 'x' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'sidecar', image: 'other' },
          { name: 'web', image, ports: [{ containerPort: 80, protocol: 'TCP' }], args: ['a'], ...more },
        ],
      },
    },
  },
});

const paths = (fields: readonly { path: string }[]) => fields.map(({ path }) => path);

describe('a set of fields', () => {
  test('tells in which of them two objects differ', () => {
    const differ = (a: object, b: object) => paths(differingFields(SET, [a, b]));
    assert.deepEqual(differ(deployment('a'), deployment('a')), []);
    assert.deepEqual(differ(deployment('a'), deployment('b')), [
      '.spec.template.spec.containers[name="web"].image',
    ]);
    assert.deepEqual(differ(deployment('a'), deployment('a', { args: ['b'] })), [
      '.spec.template.spec.containers[name="web"].args',
    ]);
  });

  test('stands for what is in a field that one side has not got at all', () => {
    const without = deployment('a');
    without.spec.template.spec.containers.pop();
    assert.deepEqual(paths(differingFields(SET, [without, deployment('a')])), [
      '.spec.template.spec.containers[name="web"]',
    ]);
  });

  test('does not see what it does not hold, nor the order of items with keys', () => {
    const other = deployment('a', { imagePullPolicy: 'Always' });
    other.spec.template.spec.containers.reverse();
    assert.deepEqual(differingFields(SET, [other, deployment('a')]), []);
  });

  test('takes a null for no value', () => {
    const set = { 'f:spec': { 'f:a': {} } };
    assert.deepEqual(differingFields(set, [{ spec: { a: null } }, { spec: {} }]), []);
  });

  test('knows items of sets and of plain lists', () => {
    const set = { 'f:finalizers': { '.': {}, 'v:"x"': {} }, 'f:list': { 'i:1': {} } };
    const differing = differingFields(set, [
      { finalizers: ['x'], list: [1, 2] },
      { finalizers: [], list: [1, 3] },
    ]);
    assert.deepEqual(paths(differing), ['.finalizers[="x"]', '.list[1]']);
  });

  test('tells what another set lacks, and whether another set touches a field', () => {
    const other = { 'f:spec': { 'f:replicas': {}, 'f:template': {} } };
    const missing = missingFields(SET, [other]);
    assert.deepEqual(paths(missing), ['.metadata', '.spec.selector', '.spec.template.spec']);
    const [image] = differingFields(SET, [deployment('a'), deployment('b')]);
    assert.ok(image !== undefined);
    assert.equal(touchesField(other, image), true);
    assert.equal(touchesField({ 'f:spec': { 'f:replicas': {} } }, image), false);
    assert.equal(valueAt(deployment('a'), image), 'a');
  });

  test('picks what was applied out of what is there', () => {
    const picked = pickFields(SET, deployment('a', { imagePullPolicy: 'Always' }));
    assert.deepEqual(picked, {
      metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [
              { name: 'web', image: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }], args: ['a'] },
            ],
          },
        },
      },
    });
    assert.deepEqual(differingFields(SET, [picked, deployment('a')]), []);
  });

  test('lists its leaves', () => {
    assert.deepEqual(leafFields({ 'f:spec': { '.': {}, 'f:replicas': {} } }), ['.spec.replicas']);
  });
});
