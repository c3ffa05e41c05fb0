import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDigest } from '../../content/digest.ts';
import { TAG_GRAMMAR } from '../../content/reference.ts';
import { ProtocolError } from './protocol-error.ts';
import { isRepository, parseRoute, parseTarget, type Route } from './route.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ID = '01234567-89ab-cdef-0123-456789abcdef';

test('each endpoint of the specification has its route', () => {
  const cases: [string, Route][] = [
    ['/v2/', { kind: 'base' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/a/b/c/manifests/1.0', { kind: 'manifest', repository: 'a/b/c', reference: '1.0' }],
    [`/v2/a/manifests/${DIGEST}`, { kind: 'manifest', repository: 'a', reference: DIGEST }],
    [
      `/v2/a/manifests/${DIGEST.replace(':', '%3A')}`,
      { kind: 'manifest', repository: 'a', reference: DIGEST },
    ],
    ['/v2/a/tags/list', { kind: 'tags', repository: 'a' }],
    ['/v2/a/blobs/uploads/', { kind: 'upload-start', repository: 'a' }],
    ['/v2/a/blobs/uploads', { kind: 'upload-start', repository: 'a' }],
    [`/v2/a/blobs/uploads/${ID}`, { kind: 'upload', repository: 'a', id: ID }],
  ];
  for (const [path, route] of cases) assert.deepEqual(parseRoute(path), route, path);
  assert.equal(parseRoute(`/v2/a/blobs/${DIGEST}`).kind, 'blob');
  assert.equal(parseRoute(`/v2/a/referrers/${DIGEST}`).kind, 'referrers');
});

test('a whole address is taken like its path, as from a proxy', () => {
  for (const target of ['/v2/a/tags/list?n=1', 'http://registry.example:5000/v2/a/tags/list?n=1']) {
    const { path, query } = parseTarget(target);
    assert.deepEqual({ path, n: query.get('n') }, { path: '/v2/a/tags/list', n: '1' });
  }
  assert.equal(parseTarget('/http://a/v2/').path, '/http://a/v2/');
});

test('a name may hold the words that paths are made of', () => {
  assert.deepEqual(parseRoute('/v2/blobs/uploads/tags/list/tags/list'), {
    kind: 'tags',
    repository: 'blobs/uploads/tags/list',
  });
  assert.deepEqual(parseRoute('/v2/manifests/manifests/manifests'), {
    kind: 'manifest',
    repository: 'manifests',
    reference: 'manifests',
  });
});

test('whatever a path holds, only what fits the grammars gets into a route', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'v2',
      'blobs',
      'uploads',
      'manifests',
      'tags',
      'list',
      'referrers',
      '_catalog',
      '..',
      '.',
      '',
      'a',
      DIGEST,
      ID,
      '%2e%2e',
      '%2f',
      '%00',
      '%',
      '\\',
      'a:b',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.boolean(), (words, v2) => {
      const { path } = parseTarget(`${v2 ? '/v2/' : '/'}${words.join('/')}`);
      const route = tryRoute(path);
      if (route === undefined) return;
      if ('repository' in route) assert.ok(isRepository(route.repository));
      if ('digest' in route) assert.ok(isDigest(route.digest));
      if ('reference' in route) assert.ok(isDigest(route.reference) || TAG_GRAMMAR.test(route.reference));
      if ('id' in route) assert.match(route.id, /^[0-9a-f-]{36}$/);
    }),
    { numRuns: 500 },
  );
});

function tryRoute(path: string): Route | undefined {
  try {
    return parseRoute(path);
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
    assert.ok(error.status === 400 || error.status === 404);
    return undefined;
  }
}
