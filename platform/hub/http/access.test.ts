import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { applyError } from '../../../apply/errors.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { Action, Kubernetes, User } from '../kubernetes.ts';
import { Access } from './access.ts';

const LIST: Action = { verb: 'list', group: 'skerry.dev', resource: 'packs' };

describe('access', () => {
  let time: number;
  let calls: string[];
  let away: boolean;
  let access: Access;
  const users = new Map<string, User>();
  const allowed = new Set<string>();

  beforeEach(() => {
    time = 0;
    calls = [];
    away = false;
    users.clear();
    allowed.clear();
    users.set('a.good-token_1~+/=', { username: 'alice', groups: ['team'] });
    const kubernetes: Pick<Kubernetes, 'identify' | 'permits'> = {
      identify: async (token) => {
        calls.push(`identify ${token}`);
        if (away) throw applyError('CLUSTER_UNREACHABLE', { subject: 'test' });
        return users.get(token);
      },
      permits: async ({ username }, { verb, resource, name = '' }) => {
        calls.push(`permits ${username} ${verb} ${resource} ${name}`);
        return allowed.has(`${username} ${verb} ${resource} ${name}`);
      },
    };
    access = new Access(kubernetes, () => time);
  });

  test('a token that the cluster knows names its user', async () => {
    assert.equal(
      (await access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' })).user.username,
      'alice',
    );
    assert.equal(
      (await access.authenticate({ authorization: 'bearer  a.good-token_1~+/=' })).user.username,
      'alice',
    );
  });

  test('what is no bearer token is refused without asking the cluster', async () => {
    const headers = [
      undefined,
      '',
      'Basic YTpi',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      `Bearer ${'a'.repeat(20_000)}`,
    ];
    for (const header of headers) {
      await assert.rejects(
        access.authenticate({ authorization: header }),
        (error) => isSkerryError(error, 'UNAUTHENTICATED'),
        header,
      );
    }
    assert.deepEqual(calls, []);
  });

  test('an unknown token is refused, and the message does not hold it', async () => {
    await assert.rejects(access.authenticate({ authorization: 'Bearer stolen' }), (error) => {
      return (
        isSkerryError(error, 'UNAUTHENTICATED') && !JSON.stringify([error.message, error]).includes('stolen')
      );
    });
  });

  test('an answer serves for five seconds, a withdrawn token no longer', async () => {
    await access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' });
    users.clear();
    time = 4_999;
    await access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' });
    time = 5_000;
    await assert.rejects(access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' }), (error) => {
      return isSkerryError(error, 'UNAUTHENTICATED');
    });
    assert.equal(calls.length, 2);
  });

  test('nobody is let in on an old answer while the API server is away', async () => {
    await access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' });
    away = true;
    time = 5_000;
    await assert.rejects(access.authenticate({ authorization: 'Bearer a.good-token_1~+/=' }), (error) => {
      return isSkerryError(error, 'CLUSTER_UNREACHABLE');
    });
  });

  test('a user may do what the cluster permits, each action being asked for by itself', async () => {
    const alice = { username: 'alice' };
    allowed.add('alice list packs ');
    await access.authorize(alice, LIST);
    await access.authorize(alice, LIST);
    for (const [user, action] of [
      [alice, { ...LIST, verb: 'get' as const }],
      [alice, { ...LIST, name: 'podinfo' }],
      [alice, { ...LIST, resource: 'clusterprofiles' }],
      [{ username: 'bob' }, LIST],
    ] as const) {
      await assert.rejects(access.authorize(user, action), (error) => isSkerryError(error, 'ACCESS_DENIED'));
    }
    assert.equal(calls.length, 5);
  });
});
