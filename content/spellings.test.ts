import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatReference, parseReference } from './reference.ts';
import { spellingsOf } from './spellings.ts';

test('what Docker Hub and the tag latest allow to leave out is spelled both ways', () => {
  assert.deepEqual(spellingsOf('acme/x:1').sort(), [
    'acme/x:1',
    'docker.io/acme/x:1',
    'index.docker.io/acme/x:1',
  ]);
  assert.ok(
    ['nginx', 'nginx:latest', 'library/nginx', 'docker.io/nginx'].every((name) =>
      spellingsOf('nginx').includes(name),
    ),
  );
  assert.deepEqual(spellingsOf('quay.io/a/b:v1'), ['quay.io/a/b:v1']);
  assert.deepEqual(spellingsOf('quay.io/a/b'), ['quay.io/a/b:latest', 'quay.io/a/b']);
});

test('every spelling is the same reference', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const host = fc.constantFrom('', 'docker.io/', 'index.docker.io/', 'quay.io/', 'localhost:5000/');
  const end = fc.constantFrom(
    '',
    ':1',
    ':latest',
    `@sha256:${'a'.repeat(64)}`,
    `:1@sha256:${'b'.repeat(64)}`,
  );
  fc.assert(
    fc.property(host, fc.array(name, { minLength: 1, maxLength: 3 }), end, (registry, path, version) => {
      const text = registry + path.join('/') + version;
      const spellings = spellingsOf(text);
      assert.ok(spellings.includes(text), text);
      for (const spelling of spellings)
        assert.equal(formatReference(parseReference(spelling)), formatReference(parseReference(text)));
    }),
  );
});
