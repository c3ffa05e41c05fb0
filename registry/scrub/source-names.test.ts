import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceNames } from './source-names.ts';

test('another registry is asked for a repository under every name that it may have there', () => {
  assert.deepEqual(sourceNames('docker.io/library/nginx'), ['docker.io/library/nginx', 'library/nginx']);
  assert.deepEqual(sourceNames('registry.example-5000/team/app'), [
    'registry.example-5000/team/app',
    'team/app',
  ]);
  assert.deepEqual(sourceNames('localhost-5000/app'), [
    'localhost-5000/app',
    'app',
    'docker.io/localhost-5000/app',
  ]);
  assert.deepEqual(sourceNames('team/app'), ['team/app', 'docker.io/team/app']);
  assert.deepEqual(sourceNames('nginx'), ['nginx', 'docker.io/library/nginx']);
});
