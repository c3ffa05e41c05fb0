import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originOf } from './running-origin.ts';

const image = { reference: 'ghcr.io/web:1', repository: 'ghcr.io/web', digest: 'sha256:aa' };

test('what runs is named by its digest, or by the one that its pod asks for', () => {
  assert.equal(originOf({ image: 'localhost:31999/web:1', digest: 'sha256:aa' }, [image]), image);
  assert.equal(originOf({ image: 'localhost:31999/web:1@sha256:aa', digest: 'sha256:bb' }, [image]), image);
  assert.equal(originOf({ image: 'ghcr.io/web:1', digest: 'sha256:cc' }, [image]), 'other');
  assert.equal(originOf({ image: 'ghcr.io/web:1', digest: 'sha256:aa' }, undefined), undefined);
  assert.equal(originOf({ image: '', digest: '' }, [image]), undefined);
});
