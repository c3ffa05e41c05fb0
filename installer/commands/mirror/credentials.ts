import { Command, InvalidArgumentError } from 'commander';
import { type Keyring, openKeyring } from '../../../mirror/credentials/keyring.ts';
import { keptAs } from '../../../mirror/credentials/login-sources.ts';
import { readLogins, readPassphrase, writeLogins } from '../../../mirror/credentials/logins-file.ts';
import { installerError } from '../../errors.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import { type Console, print } from '../../terminal/console.ts';
import { readNewPassword } from '../../terminal/password-input.ts';

interface KeeperOptions {
  readonly file?: string;
  readonly passphraseFile?: string;
  readonly keyring?: boolean;
}

export function mirrorCredentialsCommand(console: Console): Command {
  return new Command('credentials')
    .description('logins for mirrors, in an encrypted file or in the keyring of this system')
    .addCommand(setCommand(console))
    .addCommand(removeCommand(console))
    .addCommand(listCommand(console));
}

function setCommand(console: Console): Command {
  return addKeeperOptions(
    new Command('set').description('keep a login; its password is read from standard input'),
  )
    .argument('<host>', 'host and port of a registry, as image references name it', parseHost)
    .requiredOption('--username <name>', 'the user')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry mirror credentials set registry.example --username robot --file logins.enc --passphrase-file passphrase < password\n  skerry mirror credentials set docker.io --username robot --keyring < password',
    )
    .action(async (host: string, options: KeeperOptions & { username: string }, command: Command) => {
      const keeper = await openKeeper(options, console.env);
      const login = { username: options.username, password: await readNewPassword(console) };
      await keeper.set(keptAs(host), login);
      print(
        console,
        globalOptions(command).output,
        { host, username: login.username },
        () => `${host}: login kept`,
      );
    });
}

function removeCommand(console: Console): Command {
  return addKeeperOptions(new Command('remove').description('forget a login'))
    .argument('<host>', 'host and port of a registry', parseHost)
    .addHelpText(
      'after',
      '\nExample:\n  skerry mirror credentials remove registry.example --file logins.enc --passphrase-file passphrase',
    )
    .action(async (host: string, options: KeeperOptions, command: Command) => {
      const keeper = await openKeeper(options, console.env);
      const removed = await keeper.remove(keptAs(host));
      print(
        console,
        globalOptions(command).output,
        { host, removed },
        () => `${host}: ${removed ? 'removed' : 'there was none'}`,
      );
    });
}

function listCommand(console: Console): Command {
  return new Command('list')
    .description('hosts and users of an encrypted file')
    .requiredOption('--file <file>', 'the file')
    .option(
      '--passphrase-file <file>',
      'a file with its passphrase; $SKERRY_MIRROR_PASSPHRASE_FILE otherwise',
    )
    .addHelpText(
      'after',
      '\nExample:\n  skerry mirror credentials list --file logins.enc --passphrase-file passphrase',
    )
    .action(async ({ file, passphraseFile }: { file: string; passphraseFile?: string }, command: Command) => {
      const logins = await readLogins(file, await readPassphrase(passphraseFile, console.env, file));
      const users = Object.entries(logins).map(([host, { username }]) => ({ host, username }));
      print(console, globalOptions(command).output, { logins: users }, () =>
        users.map(({ host, username }) => `${host}  ${username}`).join('\n'),
      );
    });
}

function addKeeperOptions(command: Command): Command {
  return command
    .option('--file <file>', 'keep it in this encrypted file')
    .option(
      '--passphrase-file <file>',
      'a file with its passphrase; $SKERRY_MIRROR_PASSPHRASE_FILE otherwise',
    )
    .option('--keyring', 'keep it in the keyring of this system');
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

function parseHost(text: string): string {
  if (/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text)) return text;
  throw new InvalidArgumentError('a host such as registry.example or registry.example:5000');
}
