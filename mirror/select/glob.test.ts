import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globProblem, isPattern, matchesGlob } from './glob.ts';

test('one star stays within a part of the name, two go across', () => {
  const names = ['team/app', 'team/app/sub', 'team/apple', 'other/app', 'teamxapp'];
  const matching = (glob: string) => names.filter((name) => matchesGlob(glob, name));
  assert.deepEqual(matching('team/*'), ['team/app', 'team/apple']);
  assert.deepEqual(matching('team/**'), ['team/app', 'team/app/sub', 'team/apple']);
  assert.deepEqual(matching('**/app'), ['team/app', 'other/app']);
  assert.deepEqual(matching('team/app'), ['team/app']);
  assert.deepEqual(matching('team.app'), []);
  assert.deepEqual(matching('**'), names);
});

test('only a pattern needs the list of all repositories', () => {
  assert.deepEqual(['team/app', 'team/*'].map(isPattern), [false, true]);
  assert.equal(globProblem('team/***'), globProblem('Team'));
  assert.equal(globProblem('team/*'), undefined);
});
