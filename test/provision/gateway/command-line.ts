import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../../installer/cli.ts';
import { clientTerminal } from '../../../installer/terminal/client-terminal.ts';
import {
  type CopyContent,
  installCommand,
} from '../../../platform/client/commands/gateway/gateway-install.ts';
import { clientCommands } from '../../../platform/client/commands.ts';

/** Runs a command line of the client; nobody can be asked. */
export async function runLine(
  line: string,
  { env, copy, input = '' }: { env: NodeJS.ProcessEnv; copy: CopyContent; input?: string | undefined },
) {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += String(chunk);
        done();
      },
    });
  const stdin = new PassThrough();
  stdin.end(input);
  const console = { stdout: sink('stdout'), stderr: sink('stderr'), stdin, env };
  const terminal = clientTerminal(console);
  const commands = clientCommands(terminal, { gateway: async () => [installCommand(terminal, copy)] });
  const before = process.exitCode;
  const exit = await runCli(line.split(' '), console, commands);
  const code = exit || Number(process.exitCode ?? 0);
  process.exitCode = before;
  return { exit: code, ...texts };
}
