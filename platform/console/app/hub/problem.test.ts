import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemIn } from '../../../client/browser/hub-problem.ts';
import { problemOf } from './problem.ts';

test('what the hub said is a problem with its code and its fields', () => {
  const errors = [
    { pointer: '/spec/name', path: 'spec.name', detail: 'bad', message: 'bad', code: 'FIELD_INVALID' },
  ];
  const said = {
    code: 'OBJECT_INVALID',
    title: 'T',
    status: 422,
    subject: 'x',
    remedy: 'r',
    instance: 'i',
    errors,
  };
  const found = problemOf(problemIn(422, JSON.stringify(said)));
  assert.deepEqual([found.code, found.status], ['OBJECT_INVALID', 422]);
  assert.equal(found.errors[0]?.path, 'spec.name');
});

test('no answer, one too late and a fault of the console are told apart', () => {
  assert.equal(problemOf(new TypeError('Failed to fetch')).code, 'HUB_UNREACHABLE');
  assert.equal(problemOf(new DOMException('late', 'TimeoutError')).code, 'HUB_UNREACHABLE');
  assert.equal(problemOf(new RangeError('oops')).code, 'CONSOLE_FAILED');
  assert.equal(problemOf('oops').detail, 'oops');
});
