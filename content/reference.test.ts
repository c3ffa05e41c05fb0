import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from './digest.ts';
import { isSkerryError } from './error.ts';
import {
  formatReference,
  NAME_GRAMMAR,
  parseReference,
  repositoryOf,
  tagOrDigest,
  tryParseReference,
} from './reference.ts';

const DIGEST = digestOf('x');

test('the shorthands of Docker Hub are written out', () => {
  const full: Record<string, string> = {
    nginx: 'docker.io/library/nginx:latest',
    'nginx:1.27': 'docker.io/library/nginx:1.27',
    'team/app': 'docker.io/team/app:latest',
    'docker.io/nginx': 'docker.io/library/nginx:latest',
    'docker.io/library/nginx': 'docker.io/library/nginx:latest',
    'index.docker.io/team/app:1': 'docker.io/team/app:1',
    'localhost/app': 'localhost/app:latest',
    'localhost:5000/app': 'localhost:5000/app:latest',
    'Host/app:v1': 'Host/app:v1',
    'registry.example/team/app': 'registry.example/team/app:latest',
    '[::1]:5000/app:v1': '[::1]:5000/app:v1',
    'registry:5000': 'docker.io/library/registry:5000',
    [`app@${DIGEST}`]: `docker.io/library/app@${DIGEST}`,
    [`r.example/app:v1@${DIGEST}`]: `r.example/app:v1@${DIGEST}`,
  };
  for (const [short, long] of Object.entries(full)) {
    assert.equal(formatReference(parseReference(short)), long, short);
  }
  assert.equal(tagOrDigest(parseReference(`r.example/app:v1@${DIGEST}`)), DIGEST);
  assert.equal(tagOrDigest(parseReference('app')), 'latest');
});

test('what is no reference is refused', () => {
  for (const wrong of [
    '',
    ' nginx',
    'nginx ',
    'UPPER',
    'host.example/UPPER',
    'a//b',
    'host.example/',
    '/app',
    'host.example/../app',
    'app:',
    'app:-tag',
    `app:${'t'.repeat(129)}`,
    'app@sha256:12',
    `app@${DIGEST}@${DIGEST}`,
    'https://host.example/app',
    'host.example:port/app',
    `host.example/${'a'.repeat(243)}`,
    'host.example/app\u0000',
    'a___b',
    'a..b',
  ]) {
    assert.throws(
      () => parseReference(wrong),
      (error) => isSkerryError(error, 'REFERENCE_INVALID'),
      JSON.stringify(wrong),
    );
  }
  assert.ok(tryParseReference(`host.example/${'a'.repeat(242)}`), '255 with host and slash are allowed');
});

test('a reference that is written out is read back as the same', () => {
  fc.assert(
    fc.property(host, path, tag, fc.boolean(), (host, path, tag, withDigest) => {
      const reference = {
        host,
        path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
        tag,
        digest: withDigest ? DIGEST : undefined,
      };
      const expected = tag === undefined && !withDigest ? { ...reference, tag: 'latest' } : reference;
      assert.deepEqual(parseReference(formatReference(reference)), expected);
    }),
  );
});

test('every reference has a repository on the island whose name is allowed there', () => {
  fc.assert(
    fc.property(host, path, (host, path) => {
      const repository = repositoryOf({ host, path });
      assert.match(repository, NAME_GRAMMAR);
      assert.ok(repository.endsWith(`/${path}`));
    }),
  );
  assert.equal(repositoryOf(parseReference('[::1]:5000/app')), '1-5000/app');
});

test('any text is answered at once, however long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400, unit: 'binary' }), (text) => {
      const parsed = tryParseReference(text);
      if (parsed !== undefined) assert.deepEqual(parseReference(formatReference(parsed)), parsed);
    }),
  );
  assert.equal(tryParseReference('a-'.repeat(1_000_000)), undefined);
});

const letters = (alphabet: string, max = 8) =>
  fc
    .array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: max })
    .map((characters) => characters.join(''));
const word = letters('abcz019');
const component = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.flat().join(''));
const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const tag = fc.option(letters('abcXYZ019_', 20), { nil: undefined });
const host = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'registry.example', '[fd00::1]:443', 'Upper'),
  fc.tuple(word, fc.integer({ min: 1, max: 65535 })).map(([name, port]) => `${name}:${port}`),
  fc.tuple(word, word).map(([name, domain]) => `${name}-x.${domain}`),
);
