import type { Command } from 'commander';
import { endOf, userOf } from '../../oidc/token-claims.ts';
import { isRefusal } from '../connection/problem-error.ts';
import type { HubClient } from '../hub-client.ts';
import { loginPlace, readLogin } from '../login/login-file.ts';
import { duration } from '../output/age.ts';
import { fields } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession } from '../session.ts';

export async function runWhoami(terminal: Terminal, command: Command): Promise<void> {
  await inSession(terminal, command, async ({ hub, signal, print }) => {
    const { url, token, project, refresh } = await readLogin(loginPlace(terminal.env));
    const { version } = await hub.call('GET /version', { signal });
    const known = await askWho(hub, signal);
    const user = known?.user ?? userOf(token);
    const groups = known?.groups.filter((group) => group !== 'system:authenticated');
    const end = endOf(token);
    const expiresAt = end === undefined ? undefined : new Date(end).toISOString();
    const left = end === undefined ? undefined : (end - terminal.now()) / 1000;
    const issuer = refresh?.issuer;
    print({ url, version, user, groups, project, expiresAt, issuer }, () =>
      fields([
        ['hub', `${url} (Skerry ${version})`],
        ['user', user],
        ['groups', groups === undefined || groups.length === 0 ? undefined : groups.join(', ')],
        ['project', project],
        ['token', left === undefined ? undefined : left > 0 ? `good for ${duration(left)}` : 'has ended'],
        ['renewed by', issuer],
      ]),
    );
  });
}

// A hub of an earlier release does not say.
async function askWho(hub: HubClient, signal: AbortSignal) {
  try {
    return await hub.call('GET /auth/session', { signal });
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}
