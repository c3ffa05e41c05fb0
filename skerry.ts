#!/usr/bin/env node
import { platformCommands } from './commands.ts';
import { runCli } from './installer/cli.ts';

let ended = false;
// Nothing is left that could end the work: as Node says it of a module that waits for ever.
process.once('beforeExit', () => {
  if (!ended) process.exitCode = 13;
});
// Not awaited at the top, where only modules may: in the executable this is none.
void runCli(process.argv.slice(2), process, platformCommands(process)).then((exitCode) => {
  ended = true;
  process.exitCode = exitCode || process.exitCode;
});
