import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FULL, LIMITED, type Login, type Openness, type ServedStore, serveStore } from './served-store.ts';
import type { Runner, Site } from './site.ts';

/** How a client logs in, pushes and pulls. */
export interface AccessClient {
  login(run: Runner, host: string, login: Login): Promise<unknown>;
  /** True where logging in asks the registry whether the password is right. */
  readonly checksLogin: boolean;
  push(run: Runner, served: ServedStore, repository: string): Promise<unknown>;
  /** Pushes next to nothing, for a client that waits longer after each refusal. */
  pushSmall?(run: Runner, served: ServedStore, repository: string): Promise<unknown>;
  /** To a place that no earlier pull has filled. */
  pull(run: Runner, served: ServedStore, repository: string): Promise<unknown>;
  /** From one repository of the registry to another, for a client that can. */
  copy?(run: Runner, served: ServedStore, from: string, to: string): Promise<unknown>;
  /** Fails unless all that `push` pushes is there. */
  assertPushed(served: ServedStore, repository: string): Promise<unknown>;
}

/** Tests of a client with a registry that is open, one where everybody may pull, and one where nobody may. */
export function testAccess(
  opened: () => Pick<Site<never>, 'folder' | 'newcomer'>,
  client: AccessClient,
): void {
  let count = 0;
  const open = (openness: Openness) => serveStore(join(opened().folder, `access-${count++}`), openness);
  const loggedIn = async (served: ServedStore, login: Login) => {
    const user = await opened().newcomer();
    await client.login(user, served.host, login);
    return user;
  };

  describe('with and without a login', () => {
    test('pushes and pulls without one where everybody may', async () => {
      await using served = await open('everything');
      const anyone = await opened().newcomer();
      await client.push(anyone, served, 'team/app');
      await client.assertPushed(served, 'team/app');
      await client.pull(anyone, served, 'team/app');
    });

    test('pulls without one and pushes with one where everybody may pull', async () => {
      await using served = await open('pull');
      const anyone = await opened().newcomer();
      await assertRefused(served, () => client.push(anyone, served, 'team/app'));
      await client.push(await loggedIn(served, FULL), served, 'team/app');
      await client.assertPushed(served, 'team/app');
      await client.pull(anyone, served, 'team/app');
    });

    test('neither pushes nor pulls without the right one where nobody may', async () => {
      await using served = await open('nothing');
      const [anyone, mistaken] = [await opened().newcomer(), await opened().newcomer()];
      await assertRefused(served, () => client.push(anyone, served, 'team/app'));
      const user = await loggedIn(served, FULL);
      await client.push(user, served, 'team/app');
      await client.assertPushed(served, 'team/app');
      await client.pull(user, served, 'team/app');
      await assertRefused(served, () => client.pull(anyone, served, 'team/app'));
      const login = client.login(mistaken, served.host, { ...FULL, password: 'wrong' });
      await (client.checksLogin ? assert.rejects(login) : login);
      await assertRefused(served, () => client.pull(mistaken, served, 'team/app'));
    });

    test('does what an account with some rights may do, and nothing else', async () => {
      await using served = await open('nothing');
      await client.push(await loggedIn(served, FULL), served, 'other/app');
      const user = await loggedIn(served, LIMITED);
      await client.push(user, served, 'team/app');
      await client.assertPushed(served, 'team/app');
      await client.pull(user, served, 'team/app');
      await assertRefused(served, () => client.pull(user, served, 'other/app'));
      const push = client.pushSmall?.bind(client) ?? client.push.bind(client);
      await assertRefused(served, () => push(user, served, 'other/new'));
      await assert.rejects(client.assertPushed(served, 'other/new'));
      if (client.copy === undefined) return;
      const copied = await served.during(async () => client.copy?.(user, served, 'team/app', 'team/copy'));
      await client.assertPushed(served, 'team/copy');
      assert.ok(
        copied.some(({ method, status }) => method === 'POST' && status === 201),
        'blobs were mounted',
      );
    });
  });
}

/** The client must fail, and because of what the registry answered. */
async function assertRefused(served: ServedStore, act: () => Promise<unknown>): Promise<void> {
  const requests = await served.during(() => assert.rejects(act));
  const statuses = requests.map(({ status }) => status);
  assert.ok(statuses.includes(401) || statuses.includes(403), `answers ${statuses.join()}`);
}
