import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { basic, testAccess, userLine } from '../testing/access.ts';
import type { AccessDecision, AccessRequest, TokenDecision } from './access.ts';
import { parseScopes } from './tokens/scope.ts';
import { parseUsers } from './users-file.ts';

const ADDRESS = '192.0.2.1';
const ada = basic('ada', 'päss:word');

type Tested = Awaited<ReturnType<typeof testAccess>>;

async function ask({ access }: Tested, request: Partial<AccessRequest> = {}): Promise<AccessDecision> {
  const caller = { address: ADDRESS };
  return await access.authorize({
    authorization: undefined,
    caller,
    repository: 'team/app',
    action: 'pull',
    ...request,
  });
}

/** What is said to a request, in one word. */
async function kindOf(tested: Tested, request?: Partial<AccessRequest>): Promise<string> {
  const decision = await ask(tested, request);
  return decision.kind === 'challenge' && decision.error !== undefined ? decision.error : decision.kind;
}

async function issue(
  { access }: Tested,
  authorization: string | undefined,
  scope: string,
  offline = false,
): Promise<TokenDecision> {
  const scopes = parseScopes([scope]) ?? [];
  const caller = { address: ADDRESS };
  return (await access.issueToken?.({ caller, authorization, scopes, offline })) ?? { kind: 'refuse' };
}

async function tokenOf(tested: Tested, authorization: string | undefined, scope: string): Promise<string> {
  const decision = await issue(tested, authorization, scope);
  assert.ok(decision.kind === 'grant');
  return `Bearer ${decision.token}`;
}

const robot = () => userLine('ci', 'robot', 'team/*=pull,push lib/**=pull until=2027-01-31');

suite('passwords', () => {
  test('right credentials are remembered for a while, and wrong ones are not', async () => {
    const tested = await testAccess({ remember: 1000 });
    const login = async (authorization: string) => {
      const decision = await ask(tested, { authorization });
      return [decision.kind, 'login' in decision ? decision.login?.right : undefined];
    };
    assert.deepEqual(await login(ada), ['allow', true]);
    tested.state.now += 999;
    assert.deepEqual(await login(ada), ['allow', undefined]);
    tested.state.now += 2;
    assert.deepEqual(await login(ada), ['allow', true]);
    assert.deepEqual(await login(basic('ada', 'wrong')), ['challenge', false]);
    assert.deepEqual(await login(basic('eve', 'päss:word')), ['challenge', false]);
  });

  test('a password that several connections show at once is looked at once', async () => {
    const tested = await testAccess({ attempts: { perPair: 1 } });
    const decisions = await Promise.all(
      Array.from({ length: 50 }, () => ask(tested, { authorization: ada })),
    );
    assert.ok(decisions.every(({ kind }) => kind === 'allow'));
    assert.equal(
      decisions.filter((decision) => 'login' in decision && decision.login !== undefined).length,
      1,
    );
  });

  test('a flood of guesses is not queued without end, and ends in waiting', async () => {
    const tested = await testAccess({ attempts: { perPair: 1000, perAddress: 1000, perAccount: 1000 } });
    const guesses = Array.from({ length: 100 }, (_, n) =>
      ask(tested, { authorization: basic('ada', `guess ${n}`) }),
    );
    const kinds = (await Promise.all(guesses)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'busy').length, 100 - 66);
    const limited = await testAccess();
    for (let n = 0; n < 5; n++) await ask(limited, { authorization: basic('ada', `guess ${n}`) });
    assert.deepEqual(await ask(limited, { authorization: ada }), { kind: 'busy', retryAfter: 1 });
    const elsewhere = { authorization: ada, caller: { address: '198.51.100.7' } };
    assert.equal(await kindOf(limited, elsewhere), 'allow', 'at another address nobody is locked out');
  });

  test('a new password, a removed account and one that is over end what was remembered', async () => {
    const tested = await testAccess({ lines: [await robot()] });
    const authorization = basic('ci', 'robot');
    assert.equal(await kindOf(tested, { authorization }), 'allow');
    tested.state.users = parseUsers(await userLine('ci', 'other', 'team/*=pull'), 'users');
    assert.equal(await kindOf(tested, { authorization }), 'challenge');
    tested.state.users = parseUsers(await robot(), 'users');
    assert.equal(await kindOf(tested, { authorization }), 'allow');
    tested.state.now = Date.parse('2027-02-01T00:00:00Z');
    assert.equal(await kindOf(tested, { authorization }), 'challenge');
  });
});

suite('what accounts may do', () => {
  test('an account with rules may do what they say, and is denied the rest', async () => {
    const tested = await testAccess({ lines: [await robot()] });
    const authorization = basic('ci', 'robot');
    const kinds = async (repository: string) => {
      const found: string[] = [];
      for (const action of ['pull', 'push', 'delete'] as const) {
        found.push(await kindOf(tested, { authorization, repository, action }));
      }
      return found;
    };
    assert.deepEqual(await kinds('team/app'), ['allow', 'allow', 'deny']);
    assert.deepEqual(await kinds('lib/a/b'), ['allow', 'deny', 'deny']);
    assert.deepEqual(await kinds('other'), ['deny', 'deny', 'deny']);
    assert.equal(await kindOf(tested, { authorization, repository: undefined, action: 'enter' }), 'allow');
    assert.equal(await kindOf(tested, { authorization, repository: undefined, action: 'list' }), 'deny');
  });

  test('where everyone may pull, so may every account', async () => {
    const tested = await testAccess({ anonymousPull: true, lines: [await robot()] });
    assert.equal(await kindOf(tested, { authorization: basic('ci', 'robot'), repository: 'other' }), 'allow');
  });

  test('the catalog shows an account what its rules list', async () => {
    const tested = await testAccess({ lines: [await userLine('li', 'list', 'team/*=pull,list x=pull')] });
    const request = { authorization: basic('li', 'list'), repository: undefined, action: 'list' } as const;
    const decision = await ask(tested, request);
    assert.ok(decision.kind === 'allow');
    assert.deepEqual(
      ['team/app', 'team/a/b', 'x'].map((name) => decision.isVisible?.(name)),
      [true, false, false],
    );
  });

  test('without any users, and only then, everyone may do everything', async () => {
    const tested = await testAccess();
    tested.state.users = undefined;
    assert.equal(await kindOf(tested, { action: 'delete' }), 'allow');
    tested.state.users = new Map();
    assert.equal(await kindOf(tested, { action: 'pull' }), 'challenge');
  });

  test('a client certificate is an account where that is wanted, and a header goes before it', async () => {
    const caller = { address: ADDRESS, certificateName: 'node-1' };
    const lines = ['node-1:!:**=pull'];
    const tested = await testAccess({ certificateUsers: true, lines });
    const decision = await ask(tested, { caller });
    assert.ok(decision.kind === 'allow' && decision.user === 'node-1');
    assert.equal(await kindOf(tested, { caller, action: 'push' }), 'deny');
    assert.equal(await kindOf(tested, { caller, action: 'push', authorization: ada }), 'allow');
    assert.equal(await kindOf(tested, { caller: { ...caller, certificateName: 'nobody' } }), 'challenge');
    assert.equal(await kindOf(await testAccess({ lines }), { caller }), 'challenge');
    assert.equal(await kindOf(tested, { authorization: basic('node-1', '!') }), 'challenge');
  });
});

suite('tokens', () => {
  test('a token is good for what was asked and is allowed, and for nothing else', async () => {
    const tested = await testAccess({ lines: [await robot()] });
    const login = basic('ci', 'robot');
    const decision = await issue(
      tested,
      login,
      'repository:team/app:pull,push,delete repository:other:pull registry:catalog:*',
    );
    assert.ok(decision.kind === 'grant');
    assert.deepEqual(decision.scopes, [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }]);
    const authorization = `Bearer ${decision.token}`;
    assert.equal(await kindOf(tested, { authorization, action: 'push' }), 'allow');
    assert.equal(await kindOf(tested, { authorization, action: 'delete' }), 'deny');
    assert.equal(await kindOf(tested, { authorization, repository: 'other' }), 'deny');
    assert.equal(await kindOf(tested, { authorization, repository: 'team/other' }), 'insufficient_scope');
    assert.equal(await kindOf(tested, { authorization, repository: undefined, action: 'enter' }), 'allow');
  });

  test('a star asks for everything that may be had', async () => {
    const tested = await testAccess({ lines: [await robot()] });
    const all = await issue(tested, ada, 'repository:a:* registry:catalog:*');
    assert.ok(all.kind === 'grant');
    assert.deepEqual(
      all.scopes.map(({ actions }) => actions),
      [['pull', 'push', 'delete'], ['*']],
    );
    const some = await issue(tested, basic('ci', 'robot'), 'repository:lib/x:*');
    assert.ok(some.kind === 'grant');
    assert.deepEqual(
      some.scopes.map(({ actions }) => actions),
      [['pull']],
    );
  });

  test('the catalog needs its own scope', async () => {
    const tested = await testAccess();
    const list = { repository: undefined, action: 'list' } as const;
    const without = await tokenOf(tested, ada, 'repository:a:pull');
    assert.equal(await kindOf(tested, { ...list, authorization: without }), 'insufficient_scope');
    const with_ = await tokenOf(tested, ada, 'registry:catalog:*');
    assert.equal(await kindOf(tested, { ...list, authorization: with_ }), 'allow');
  });

  test('anybody gets a token to pull with where pulling is open, and no other', async () => {
    const open = await testAccess({ anonymousPull: true });
    const authorization = await tokenOf(open, undefined, 'repository:a:pull,push');
    assert.equal(await kindOf(open, { authorization, repository: undefined, action: 'enter' }), 'allow');
    assert.equal(await kindOf(open, { authorization, repository: 'b' }), 'allow');
    assert.equal(
      await kindOf(open, { authorization, repository: 'a', action: 'push' }),
      'insufficient_scope',
    );
    const closed = await testAccess();
    assert.equal((await issue(closed, undefined, 'repository:a:pull')).kind, 'refuse');
    assert.equal(
      (await issue(open, basic('ada', 'wrong'), '')).kind,
      'refuse',
      'who says a name has to prove it',
    );
    assert.equal(
      (await issue(open, authorization, 'repository:a:pull')).kind,
      'refuse',
      'no token for a token',
    );
  });

  test('a token ends by itself, with its account, with a new password, and shrinks with the account’s rights', async () => {
    const tested = await testAccess({ lines: [await robot()] });
    const authorization = await tokenOf(tested, basic('ci', 'robot'), 'repository:team/app:pull,push');
    const push = { authorization, action: 'push' } as const;
    assert.equal(await kindOf(tested, push), 'allow');
    const users = tested.state.users;
    tested.state.users = parseUsers(await userLine('ci', 'robot', 'team/*=pull'), 'users');
    assert.equal(await kindOf(tested, push), 'deny');
    tested.state.users = parseUsers(await userLine('ci', 'new', 'team/*=pull,push'), 'users');
    assert.equal(await kindOf(tested, push), 'invalid_token');
    tested.state.users = new Map();
    assert.equal(await kindOf(tested, push), 'invalid_token');
    tested.state.users = users;
    tested.state.now += 15 * 60_000;
    assert.equal(await kindOf(tested, push), 'invalid_token');
  });

  test('tokens outlive a restart with the same key, and not one with another', async () => {
    const authorization = await tokenOf(await testAccess(), ada, 'repository:team/app:pull');
    assert.equal(await kindOf(await testAccess(), { authorization }), 'allow');
    assert.equal(
      await kindOf(await testAccess({ key: Buffer.alloc(32, 8) }), { authorization }),
      'invalid_token',
    );
  });

  test('a refresh token is given when it is asked for, and gets tokens without the password', async () => {
    const tested = await testAccess();
    const decision = await issue(tested, ada, '', true);
    assert.ok(decision.kind === 'grant' && decision.refreshToken !== undefined);
    const { refreshToken } = decision;
    assert.equal(
      await kindOf(tested, { authorization: `Bearer ${refreshToken}` }),
      'invalid_token',
      'it opens nothing itself',
    );
    const scopes = parseScopes(['repository:team/app:push']) ?? [];
    const refresh = async (token: string) =>
      await tested.access.issueToken?.({
        caller: { address: ADDRESS },
        credentials: { kind: 'refresh-token', token },
        scopes,
        offline: false,
      });
    const refreshed = await refresh(refreshToken);
    assert.ok(refreshed?.kind === 'grant');
    assert.equal(
      await kindOf(tested, { authorization: `Bearer ${refreshed.token}`, action: 'push' }),
      'allow',
    );
    assert.deepEqual(refreshed.login, { user: 'ada', method: 'refresh-token', right: true });
    assert.equal((await refresh(decision.token))?.kind, 'refuse', 'a token is no refresh token');
    tested.state.users = parseUsers(await userLine('ada', 'new'), 'users');
    assert.equal((await refresh(refreshToken))?.kind, 'refuse');
    const open = await testAccess({ anonymousPull: true });
    const anonymous = await issue(open, undefined, 'repository:a:pull', true);
    assert.ok(anonymous.kind === 'grant' && anonymous.refreshToken === undefined);
  });
});
