import { Command, InvalidArgumentError } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface KeeperOptions {
  readonly file?: string;
  readonly passphraseFile?: string;
  readonly keyring?: boolean;
}

export interface SetOptions extends KeeperOptions {
  readonly username: string;
}

export interface LoginsOptions {
  readonly file: string;
  readonly passphraseFile?: string;
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
    .action(async (host: string, options: SetOptions, command: Command) => {
      const { runSet } = await import('./run-credentials.ts');
      await runSet(console, host, options, globalOptions(command).output);
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
      const { runRemove } = await import('./run-credentials.ts');
      await runRemove(console, host, options, globalOptions(command).output);
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
    .action(async (options: LoginsOptions, command: Command) => {
      const { runList } = await import('./run-credentials.ts');
      await runList(console, options, globalOptions(command).output);
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

function parseHost(text: string): string {
  if (/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text)) return text;
  throw new InvalidArgumentError('a host such as registry.example or registry.example:5000');
}
