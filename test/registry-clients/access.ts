import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Openness, PASSWORD, type ServedStore, serveStore } from './served-store.ts';
import type { Runner, Site } from './site.ts';

/** How a client logs in, pushes and pulls. */
export interface AccessClient {
  login(run: Runner, host: string, password: string): Promise<unknown>;
  /** True where logging in asks the registry whether the password is right. */
  readonly checksLogin: boolean;
  push(run: Runner, served: ServedStore): Promise<unknown>;
  /** To a place that no earlier pull has filled. */
  pull(run: Runner, served: ServedStore): Promise<unknown>;
  /** Fails unless all that was pushed is there. */
  assertPushed(served: ServedStore): Promise<unknown>;
}

/** Tests of a client with a registry that is open, one where everybody may pull, and one where nobody may. */
export function testAccess(
  opened: () => Pick<Site<never>, 'folder' | 'newcomer'>,
  client: AccessClient,
): void {
  const open = (openness: Openness) => serveStore(join(opened().folder, openness), openness);

  describe('with and without a login', () => {
    test('pushes and pulls without one where everybody may', async () => {
      await using served = await open('everything');
      const anyone = await opened().newcomer();
      await client.push(anyone, served);
      await client.assertPushed(served);
      await client.pull(anyone, served);
    });

    test('pulls without one and pushes with one where everybody may pull', async () => {
      await using served = await open('pull');
      const [anyone, user] = [await opened().newcomer(), await opened().newcomer()];
      await assertRefused(served, () => client.push(anyone, served));
      await client.login(user, served.host, PASSWORD);
      await client.push(user, served);
      await client.assertPushed(served);
      await client.pull(anyone, served);
    });

    test('neither pushes nor pulls without the right one where nobody may', async () => {
      await using served = await open('nothing');
      const [anyone, mistaken] = [await opened().newcomer(), await opened().newcomer()];
      const user = await opened().newcomer();
      await assertRefused(served, () => client.push(anyone, served));
      await client.login(user, served.host, PASSWORD);
      await client.push(user, served);
      await client.assertPushed(served);
      await client.pull(user, served);
      await assertRefused(served, () => client.pull(anyone, served));
      const login = client.login(mistaken, served.host, 'wrong');
      await (client.checksLogin ? assert.rejects(login) : login);
      await assertRefused(served, () => client.pull(mistaken, served));
    });
  });
}

/** The client must fail, and because of what the registry answered. */
async function assertRefused(served: ServedStore, act: () => Promise<unknown>): Promise<void> {
  const requests = await served.during(() => assert.rejects(act));
  const statuses = requests.map(({ status }) => status);
  assert.ok(statuses.includes(401), `answers ${statuses.join()}`);
}
