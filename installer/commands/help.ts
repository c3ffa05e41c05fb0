import { Command } from 'commander';

/** Commander's own goes one level deep only. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('display help for a command')
    .argument('[command...]', 'e.g. registry user add')
    .action((names: readonly string[]) => {
      let found = program;
      for (const name of names)
        found =
          found.commands.find((child) => child.name() === name) ??
          found.error(`error: unknown command '${names.join(' ')}'`);
      found.outputHelp();
    });
}
