import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withoutField } from './field-path.ts';

const object = {
  metadata: {
    labels: { 'app.kubernetes.io/name': 'web', app: 'web' },
    annotations: { 'a.b': { c: 1 }, a: { 'b.c': 2 } },
    finalizers: ['example/x', 'example/y'],
  },
  spec: {
    replicas: 2,
    ports: [
      { port: 80, protocol: 'TCP', name: 'tcp' },
      { port: 80, protocol: 'UDP', name: 'udp' },
      { port: 81, name: 'odd]"' },
    ],
    hostPorts: [
      { port: 53, name: 'tcp' },
      { port: 53, protocol: 'UDP', name: 'udp' },
    ],
    containers: [{ name: 'web', image: 'a', args: ['x', 'y'] }],
  },
};

const cases: [string, (copy: typeof object) => void][] = [
  ['.spec.replicas', (copy) => Reflect.deleteProperty(copy.spec, 'replicas')],
  [
    '.metadata.labels.app.kubernetes.io/name',
    (copy) => Reflect.deleteProperty(copy.metadata.labels, 'app.kubernetes.io/name'),
  ],
  ['.metadata.labels.app', (copy) => Reflect.deleteProperty(copy.metadata.labels, 'app')],
  ['.metadata.annotations.a.b.c', (copy) => Reflect.deleteProperty(copy.metadata.annotations['a.b'], 'c')],
  ['.metadata.finalizers[="example/y"]', (copy) => copy.metadata.finalizers.pop()],
  [
    '.spec.ports[port=80,protocol="UDP"].name',
    (copy) => Reflect.deleteProperty(Object(copy.spec.ports[1]), 'name'),
  ],
  [
    '.spec.ports[port=81,protocol="TCP"].name',
    (copy) => Reflect.deleteProperty(Object(copy.spec.ports[2]), 'name'),
  ],
  [
    '.spec.hostPorts[port=53,protocol="UDP"].name',
    (copy) => Reflect.deleteProperty(Object(copy.spec.hostPorts[1]), 'name'),
  ],
  ['.spec.ports[name="odd]\\""]', (copy) => copy.spec.ports.pop()],
  [
    '.spec.containers[name="web"].image',
    (copy) => Reflect.deleteProperty(Object(copy.spec.containers[0]), 'image'),
  ],
  ['.spec.containers[name="web"].args[1]', (copy) => copy.spec.containers[0]?.args.pop()],
];

for (const [path, change] of cases) {
  test(`${path} is taken out, and nothing else`, () => {
    const [before, wanted] = [structuredClone(object), structuredClone(object)];
    change(wanted);
    assert.deepEqual(withoutField(object, path), wanted);
    assert.deepEqual(object, before);
  });
}

test('what an object does not have changes nothing, and no path breaks it', () => {
  for (const path of [
    '',
    '.',
    '[',
    '.spec.none',
    '.spec.ports[port=9].name',
    '.spec.replicas.x',
    '.spec[name="a"]',
  ])
    assert.equal(withoutField(object, path), object, path);
  fc.assert(
    fc.property(fc.string(), (path) => {
      withoutField(object, path);
    }),
  );
});

test('a field of any name is taken out by its path', () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '.', '/', '-') }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(keys, keys, (outer, inner) => {
      const value = Object.fromEntries(
        outer.map((name) => [name, Object.fromEntries(inner.map((key) => [key, 1]))]),
      );
      const [first = '', second = ''] = [outer[0], inner[0]];
      const left = withoutField(value, `.${first}.${second}`);
      const count = (tree: typeof value) =>
        Object.values(tree).reduce((sum, part) => sum + Object.keys(part).length, 0);
      // Two readings of one path are possible; one field goes, and one that the path can mean.
      assert.equal(count(value) - count(left), 1);
    }),
  );
});
