import type { Command } from 'commander';
import { isSkerryError } from '../../../content/error.ts';
import { type LoginPlace, loginPlace, readLogin, removeLogin } from '../login/login-file.ts';
import { printResult } from '../output/print-result.ts';
import { outputOf, type Terminal } from '../output/terminal.ts';

export async function runLogout(terminal: Terminal, command: Command): Promise<void> {
  const place = loginPlace(terminal.env);
  await revoke(terminal, place);
  const forgotten = await removeLogin(place);
  printResult(terminal, outputOf(command), { file: place.file, forgotten }, () =>
    forgotten ? `${place.file} is deleted` : 'nobody was logged in',
  );
}

// Who logs out has done so, whether or not the identity provider can be reached, and whatever has become of the file.
async function revoke({ stderr }: Terminal, place: LoginPlace): Promise<void> {
  try {
    const { refresh } = await readLogin(place);
    if (refresh === undefined) return;
    const { revokeLogin } = await import('../login/refresh-login.ts');
    await revokeLogin(refresh);
  } catch (error) {
    if (!isSkerryError(error)) throw error;
    if (error.code === 'ISSUER_UNREACHABLE')
      stderr.write(`${error.subject} could not be reached: tokens of this login stay good until they end\n`);
  }
}
