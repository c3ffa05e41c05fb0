#!/usr/bin/env node
import { isPlugin } from './platform/provider/plugin/handshake.ts';

let ended = false;
// Nothing is left that could end the work: as Node says it of a module that waits for ever.
process.once('beforeExit', () => {
  if (!ended) process.exitCode = 13;
});
// Not awaited at the top, where only modules may: in the executable this is none.
void run().then((exitCode) => {
  ended = true;
  process.exitCode = exitCode || process.exitCode;
});

// OpenTofu and Terraform start this program as their provider, and wait for it with each command: nothing else is loaded.
async function run(): Promise<number> {
  if (isPlugin(process.env)) return await (await import('./platform/provider/main.ts')).runProvider(process);
  const [{ platformCommands }, { runCli }] = await Promise.all([
    import('./commands.ts'),
    import('./installer/cli.ts'),
  ]);
  return await runCli(process.argv.slice(2), process, platformCommands(process));
}
