import { Command, InvalidArgumentError } from 'commander';
import { isPackName, isPackVersion } from '../../../content/pack-grammar.ts';
import { type ProjectOptions, withProject } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';

/** What profiles are made of. */
export function packCommand(terminal: Terminal): Command {
  const command = new Command('pack');
  for (const make of [listCommand, showCommand]) command.addCommand(make(terminal));
  return command;
}

function listCommand(terminal: Terminal): Command {
  return withProject(new Command('list'))
    .description('the packs, each with its newest version')
    .addHelpText('after', '\nExample:\n  skerry pack list')
    .action(async (_options: ProjectOptions, command: Command) => {
      const { runList } = await import('./run-pack.ts');
      await runList(terminal, command);
    });
}

export interface NamedPack {
  readonly name: string;
  /** The newest when absent. */
  readonly version?: string | undefined;
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one version of a pack, the newest where none is named: its digest, presets and versions')
    .argument('<pack>', 'NAME or NAME@VERSION', parsePack)
    .addHelpText(
      'after',
      '\nExamples:\n  skerry pack show podinfo\n  skerry pack show podinfo@1.0.0 --output yaml',
    )
    .action(async (named: NamedPack, _options: ProjectOptions, command: Command) => {
      const { runShow } = await import('./run-pack.ts');
      await runShow(terminal, named, command);
    });
}

function parsePack(text: string): NamedPack {
  const [name = '', version, ...more] = text.split('@');
  const isPack = isPackName(name) && more.length === 0;
  if (!isPack || (version !== undefined && !isPackVersion(version)))
    throw new InvalidArgumentError('a pack as NAME or NAME@VERSION');
  return version === undefined ? { name } : { name, version };
}
