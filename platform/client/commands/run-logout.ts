import type { Command } from 'commander';
import { loginPath, removeLogin } from '../login-file.ts';
import { printResult } from '../print-result.ts';
import { outputOf, type Terminal } from '../terminal.ts';

export async function runLogout(terminal: Terminal, command: Command): Promise<void> {
  const path = loginPath(terminal.env);
  const forgotten = await removeLogin(path);
  printResult(terminal, outputOf(command), { file: path, forgotten }, () =>
    forgotten ? `${path} is deleted` : 'nobody was logged in',
  );
}
