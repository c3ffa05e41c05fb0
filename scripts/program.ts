import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram, VERSION } from '../installer/cli.ts';
import { hubCommand } from '../platform/hub/command.ts';

/** The command line with all that skerry.ts puts into it; it prints nothing and knows no environment. */
export function wholeProgram(): Command {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const console = { stdout: nowhere(), stderr: nowhere(), stdin: process.stdin, env: {} };
  return createProgram(console, [hubCommand({ version: VERSION, ...console })]);
}
