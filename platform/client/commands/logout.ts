import { Command } from 'commander';
import { loginPath, removeLogin } from '../login-file.ts';
import { outputOf, printResult, type Terminal } from '../terminal.ts';

export function logoutCommand(terminal: Terminal): Command {
  return new Command('logout')
    .addHelpText('after', '\nThe token itself stays good until it ends.\n\nExample:\n  skerry logout')
    .action(async (_options: object, command: Command) => {
      const path = loginPath(terminal.env);
      const forgotten = await removeLogin(path);
      printResult(terminal, outputOf(command), { file: path, forgotten }, () =>
        forgotten ? `${path} is deleted` : 'nobody was logged in',
      );
    });
}
