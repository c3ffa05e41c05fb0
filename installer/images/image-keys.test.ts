import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { imageKey, imageKeys } from './image-keys.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test('an image is found under each way to write it', () => {
  const to = `localhost:31999/docker.io/library/nginx:latest@${digest}`;
  const { data } = imageKeys(new Map([['nginx', to]]));
  for (const spelling of [
    'nginx',
    'nginx:latest',
    `nginx@${digest}`,
    `nginx:latest@${digest}`,
    'library/nginx',
    'docker.io/nginx',
    'docker.io/library/nginx:latest',
    'index.docker.io/library/nginx:latest',
  ]) {
    assert.equal(data[imageKey(spelling)], to, spelling);
  }
  for (const other of [
    'nginx:1',
    'quay.io/nginx',
    'quay.io/library/nginx',
    'acme/nginx',
    `nginx@sha256:${'b'.repeat(64)}`,
  ]) {
    assert.equal(data[imageKey(other)], undefined, other);
  }
});

test('what a release names itself goes before a derived spelling', () => {
  const other = `sha256:${'b'.repeat(64)}`;
  const images = new Map([
    ['quay.io/acme/worker:1.0', `localhost:31999/quay.io/acme/worker:1.0@${digest}`],
    [`quay.io/acme/worker:1.0@${other}`, `localhost:31999/quay.io/acme/worker:1.0@${other}`],
  ]);
  for (const order of [images, new Map([...images].reverse())]) {
    assert.match(imageKeys(order).data[imageKey('quay.io/acme/worker:1.0')] ?? '', /@sha256:a/);
  }
});

test('keys are what a ConfigMap takes, and no two references share one', () => {
  const part = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?$/);
  const reference = fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.option(part), fc.boolean())
    .map(
      ([parts, tag, pinned]) =>
        `reg.example/${parts.join('/')}${tag === null ? '' : `:${tag}`}${pinned ? `@${digest}` : ''}`,
    );
  fc.assert(
    fc.property(reference, reference, (a, b) => {
      assert.match(imageKey(a), /^[A-Za-z0-9._-]+$/);
      assert.equal(imageKey(a) === imageKey(b), a === b);
    }),
  );
});

test('a reference that is too long for a key is reported', () => {
  const long = `quay.io/${'a'.repeat(200)}:${'b'.repeat(100)}`;
  assert.deepEqual(imageKeys(new Map([[long, 'localhost:31999/x']])).left, [long]);
});
