import { type Keyring, openKeyring } from '../../../mirror/credentials/keyring.ts';
import { keptAs } from '../../../mirror/credentials/login-sources.ts';
import { readLogins, readPassphrase, writeLogins } from '../../../mirror/credentials/logins-file.ts';
import { installerError } from '../../errors.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { readNewPassword } from '../../terminal/password-input.ts';
import type { KeeperOptions, LoginsOptions, SetOptions } from './credentials.ts';

export async function runSet(
  console: Console,
  host: string,
  options: SetOptions,
  output: OutputFormat,
): Promise<void> {
  const keeper = await openKeeper(options, console.env);
  const login = { username: options.username, password: await readNewPassword(console) };
  await keeper.set(keptAs(host), login);
  print(console, output, { host, username: login.username }, () => `${host}: login kept`);
}

export async function runRemove(
  console: Console,
  host: string,
  options: KeeperOptions,
  output: OutputFormat,
): Promise<void> {
  const keeper = await openKeeper(options, console.env);
  const removed = await keeper.remove(keptAs(host));
  print(console, output, { host, removed }, () => `${host}: ${removed ? 'removed' : 'there was none'}`);
}

export async function runList(
  console: Console,
  { file, passphraseFile }: LoginsOptions,
  output: OutputFormat,
): Promise<void> {
  const logins = await readLogins(file, await readPassphrase(passphraseFile, console.env, file));
  const users = Object.entries(logins).map(([host, { username }]) => ({ host, username }));
  print(console, output, { logins: users }, () =>
    users.map(({ host, username }) => `${host}  ${username}`).join('\n'),
  );
}

async function openKeeper(
  { file, passphraseFile, keyring }: KeeperOptions,
  env: NodeJS.ProcessEnv,
): Promise<Pick<Keyring, 'set' | 'remove'>> {
  if (keyring === true && file === undefined) return await openKeyring();
  if (file === undefined || keyring === true)
    throw installerError('USAGE', {
      subject: 'mirror credentials',
      detail: 'a place for the login is missing, or there are two',
      remedy: 'Give either --file or --keyring.',
    });
  const passphrase = await readPassphrase(passphraseFile, env, file);
  const logins = new Map(Object.entries(await readLogins(file, passphrase)));
  const write = () => writeLogins(file, Object.fromEntries(logins), passphrase);
  return {
    set: async (host, login) => {
      logins.set(host, login);
      await write();
    },
    remove: async (host) => {
      const had = logins.delete(host);
      if (had) await write();
      return had;
    },
  };
}
