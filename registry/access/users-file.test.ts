import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUsers, removeUser, replaceUser } from './users-file.ts';

const SCRYPT = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const BCRYPT = '$2y$05$Fc.5qy57qOURflLEXOaDcONC0Hq7T6oMs5cIX217ZUGuRxxJK/L.6';

test('a users file is read line by line; who has no third field may do everything', () => {
  const users = parseUsers(
    `# who may do what\n\nada:${SCRYPT}\nbob:${BCRYPT}:team/*=pull\r\n node-1:!:**=pull\n`,
    'users',
  );
  assert.deepEqual([...users.keys()], ['ada', 'bob', 'node-1']);
  assert.deepEqual(
    [...users.values()].map(({ password }) => password.kind),
    ['scrypt', 'bcrypt', 'none'],
  );
  assert.equal(users.get('ada')?.permissions.rules, undefined);
  assert.equal(users.get('bob')?.permissions.rules?.length, 1);
});

test('of a name that comes twice the last line counts', () => {
  const users = parseUsers(`ada:!\nada:${BCRYPT}`, 'users');
  assert.equal(users.get('ada')?.password.kind, 'bcrypt');
});

test('a line that is not understood is named, and never shown', () => {
  for (const [text, where] of [
    ['ada', 'line 1'],
    [`:${BCRYPT}`, 'line 1'],
    [`# fine\na b:${BCRYPT}`, 'line 2'],
    ['ada:topsecret', 'line 1'],
    ['ada:topsecret:**=*', 'line 1'],
    [`ada:${BCRYPT}:`, 'line 1'],
    [`ada:${BCRYPT}:team/*=everything`, 'line 1'],
  ]) {
    assert.throws(
      () => parseUsers(text ?? '', 'users'),
      (error: unknown) =>
        error instanceof Error &&
        'code' in error &&
        error.code === 'REGISTRY_USERS_INVALID' &&
        error.message.includes(where ?? '') &&
        !error.message.includes('topsecret') &&
        !error.message.includes(BCRYPT),
      text,
    );
  }
});

test('a line is put in the place of the one that was there; comments and other lines stay', () => {
  const text = '# top\nada:!\nbob:!\n\n# end\n';
  assert.equal(replaceUser(text, 'ada', 'ada:!:**=pull'), '# top\nada:!:**=pull\nbob:!\n\n# end\n');
  assert.equal(replaceUser(text, 'eve', 'eve:!'), '# top\nada:!\nbob:!\n\n# end\neve:!\n');
  assert.equal(replaceUser('', 'eve', 'eve:!'), 'eve:!\n');
  assert.equal(replaceUser('ada:!', 'eve', 'eve:!'), 'ada:!\neve:!\n');
  assert.equal(removeUser(text, 'ada'), '# top\nbob:!\n\n# end\n');
  assert.equal(removeUser('ada:!\nada:!\n', 'ada'), '');
  assert.equal(removeUser(text, 'eve'), undefined);
});

test('the word robot before the rules is no rule, and needs some', () => {
  const users = parseUsers('ci:!:robot team/**=pull\nnode:!:robot=pull\nada:!\n', 'users');
  assert.deepEqual(
    [...users.values()].map(({ isRobot, permissions }) => [isRobot, permissions.rules?.[0]?.pattern.text]),
    [
      [true, 'team/**'],
      [false, 'robot'],
      [false, undefined],
    ],
  );
  assert.throws(() => parseUsers('ci:!:robot\n', 'users'), { code: 'REGISTRY_USERS_INVALID' });
});

test('a hash in the place of rules is not repeated', () => {
  assert.throws(
    () => parseUsers('ada:!:$2y$10$abcdefghij\n', 'users'),
    ({ detail }: { detail?: string }) => detail !== undefined && !detail.includes('abcdefghij'),
  );
});

test('any sequence of additions and removals leaves just the users that it should', () => {
  const name = fc.constantFrom('ada', 'bob', 'eve', 'ad');
  const step = fc.record({ name, remove: fc.boolean() });
  const start = fc.constantFrom<string>('', '# only a comment', 'ada:!\nbob:!\nada:!', '\n\neve:!\n');
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 12 }), (first, steps) => {
      let text = first;
      const names = new Set(parseUsers(first, 'users').keys());
      for (const { name, remove } of steps) {
        text = remove ? (removeUser(text, name) ?? text) : replaceUser(text, name, `${name}:!`);
        if (remove) names.delete(name);
        else names.add(name);
      }
      assert.deepEqual([...parseUsers(text, 'users').keys()].sort(), [...names].sort());
    }),
  );
});
