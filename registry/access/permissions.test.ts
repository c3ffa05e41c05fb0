import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatPermissions,
  isGranted,
  isOver,
  mayList,
  type Permissions,
  parsePermissions,
} from './permissions.ts';

function parsed(text: string): Permissions {
  const permissions = parsePermissions(text);
  if (typeof permissions === 'string') assert.fail(permissions);
  return permissions;
}

test('rules add up, and what no rule grants is not granted', () => {
  const permissions = parsed('team/*=pull,push team/app=delete lib/**=pull');
  assert.ok(isGranted(permissions, 'team/app', 'push'));
  assert.ok(isGranted(permissions, 'team/app', 'delete'));
  assert.ok(!isGranted(permissions, 'team/other', 'delete'));
  assert.ok(isGranted(permissions, 'lib/a/b', 'pull'));
  assert.ok(!isGranted(permissions, 'lib/a/b', 'push'));
  assert.ok(!isGranted(permissions, 'else', 'pull'));
  assert.equal(mayList(permissions), false);
});

test('a star for actions is all of them', () => {
  const permissions = parsed('team/**=*');
  for (const action of ['pull', 'push', 'delete', 'list'] as const) {
    assert.ok(isGranted(permissions, 'team/app', action));
  }
  assert.ok(mayList(permissions));
});

test('an account counts to the end of its last day, UTC, or to a moment', () => {
  const day = parsed('**=* until=2027-01-31');
  assert.equal(isOver(day, Date.parse('2027-01-31T23:59:59.999Z')), false);
  assert.equal(isOver(day, Date.parse('2027-02-01T00:00:00Z')), true);
  const moment = parsed('until=2027-01-31T12:00:00Z **=*');
  assert.equal(isOver(moment, Date.parse('2027-01-31T11:59:59Z')), false);
  assert.equal(isOver(moment, Date.parse('2027-01-31T12:00:00Z')), true);
  assert.equal(isOver(parsed('**=*'), Number.MAX_SAFE_INTEGER), false);
});

test('a repository may be called "until"', () => {
  const permissions = parsed('until=pull until=2027-01-31');
  assert.ok(isGranted(permissions, 'until', 'pull'));
  assert.equal(isOver(permissions, Date.parse('2027-02-01')), true);
});

test('what is written is what was read', () => {
  for (const text of [
    'a=pull',
    'a/**=pull,push b-*=list until=2027-01-31',
    '**=* until=2027-01-31T12:00:00.000Z',
  ]) {
    assert.deepEqual(parsed(formatPermissions(parsed(text))), parsed(text));
  }
  assert.equal(formatPermissions(parsed('a=push  until=2027-01-31')), 'a=push until=2027-01-31');
});

test('what is not understood grants nothing', () => {
  for (const text of [
    '',
    '   ',
    'until=2027-01-31',
    'team/*',
    'team/*=',
    '=pull',
    'team/*=read',
    'team/*=pull,,push',
    'Team=pull',
    '**=* until=2027-02-30',
    '**=* until=2027-13-01',
    '**=* until=2027-01-31T12:00:00+01:00',
    '**=* until=31.1.2027',
    '**=* until=tomorrow',
  ]) {
    assert.equal(typeof parsePermissions(text), 'string', text);
  }
});
