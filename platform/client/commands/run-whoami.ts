import type { Command } from 'commander';
import { endOf, userOf } from '../../oidc/token-claims.ts';
import { duration } from '../age.ts';
import { loginPath, readLogin } from '../login-file.ts';
import { inSession } from '../session.ts';
import { fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export async function runWhoami(terminal: Terminal, command: Command): Promise<void> {
  await inSession(terminal, command, async ({ hub, signal, print }) => {
    const { url, token, project } = await readLogin(loginPath(terminal.env));
    const { version } = await hub.call('GET /version', { signal });
    const end = endOf(token);
    const expiresAt = end === undefined ? undefined : new Date(end).toISOString();
    const left = end === undefined ? undefined : (end - terminal.now()) / 1000;
    print({ url, version, user: userOf(token), project, expiresAt }, () =>
      fields([
        ['hub', `${url} (Skerry ${version})`],
        ['user', userOf(token)],
        ['project', project],
        ['token', left === undefined ? undefined : left > 0 ? `good for ${duration(left)}` : 'has ended'],
      ]),
    );
  });
}
