import { hash } from 'bcryptjs';
import { type AccountAccessOptions, accountAccess } from '../access/account-access.ts';
import { parseUsers, type Users } from '../access/users-file.ts';

/** For tests: a line of a users file, with a hash that is quick to check. */
export async function userLine(name: string, password: string, permissions?: string): Promise<string> {
  const cheap = CHEAP.get(password) ?? (await hash(password, 4));
  CHEAP.set(password, cheap);
  return [name, cheap, ...(permissions === undefined ? [] : [permissions])].join(':');
}

const CHEAP = new Map<string, string>();

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/**
 * For tests: the account `ada` with the password `päss:word`, who may do everything, and whoever else is given; with
 * clocks that stand still until they are set.
 */
export async function testAccess(
  options: Partial<Omit<AccountAccessOptions, 'users' | 'clock' | 'uptime'>> & {
    readonly lines?: readonly string[];
  } = {},
) {
  const { lines = [], ...rest } = options;
  const state: { users: Users | undefined; now: number; ids: number } = {
    users: parseUsers([await userLine('ada', 'päss:word'), ...lines].join('\n'), 'users'),
    now: Date.parse('2027-01-01T12:00:00Z'),
    ids: 0,
  };
  const access = accountAccess({
    anonymousPull: false,
    key: Buffer.alloc(32, 9),
    randomId: () => `id-${++state.ids}`,
    ...rest,
    users: () => state.users,
    clock: () => state.now,
    uptime: () => state.now,
  });
  return { access, state };
}
