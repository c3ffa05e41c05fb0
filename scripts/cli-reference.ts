import type { Command } from 'commander';
import { GENERATED } from './generated.ts';

const WIDTH = 100;

/** docs/cli.md: what every command says about itself when it is asked with --help. */
export function cliReference(program: Command): string {
  const commands = allCommands(program, []);
  return [
    GENERATED,
    '# The command line',
    '',
    'What `skerry COMMAND --help` says, for every command. How to do things with them: [install](install.md),',
    '[create](create.md), [run a registry](registry.md), [keys and trust](trust.md), [manage clusters](fleet.md). What',
    'an error code means: [errors](errors.md).',
    '',
    ...commands.map(({ name }) => `- [${name}](#${name.replaceAll(' ', '-')})`),
    ...commands.flatMap(({ name, command }) => ['', `## ${name}`, '', '```text', helpOf(command), '```']),
    '',
  ].join('\n');
}

interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

function allCommands(command: Command, parents: readonly string[]): NamedCommand[] {
  const names = [...parents, command.name()];
  const shown = command.createHelp().visibleCommands(command);
  const children = command.commands.filter((child) => shown.includes(child));
  return [{ name: names.join(' '), command }, ...children.flatMap((child) => allCommands(child, names))];
}

/** The whole help of a command, also what is printed before and after its list of options. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (chunk) => {
      text += chunk;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}
