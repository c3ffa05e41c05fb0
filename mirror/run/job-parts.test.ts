import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { unseen } from './job-parts.ts';

test('what two charts pin to different digests under one tag is brought twice, and everything else once', () => {
  const [one, two] = [digestOf('one'), digestOf('two')];
  const item = (digest: typeof one) => ({ repository: 'docker.io/library/nginx', tag: '1', digest });
  const seen = new Map<string, typeof one>();
  const references = (...digests: (typeof one)[]) =>
    [...unseen(digests.map(item), seen)].map(({ reference }) => reference);
  assert.deepEqual(references(one, one), ['1']);
  assert.deepEqual(references(two, one), [two]);
  assert.deepEqual(references(two, one), []);
});
