import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { platformCommands } from '../commands.ts';
import { createProgram } from '../installer/cli.ts';

/** The command line with all that skerry.ts puts into it; it prints nothing and knows no environment. */
export async function wholeProgram(): Promise<Command> {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const console = { stdout: nowhere(), stderr: nowhere(), stdin: process.stdin, env: {} };
  return await createProgram(console, platformCommands(console));
}
