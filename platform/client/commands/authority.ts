import { Command, InvalidArgumentError } from 'commander';
import { collect, timeoutOption, withYes } from '../options.ts';
import type { Terminal } from '../output/terminal.ts';

/** By what agents know their hub, and how another one takes its place. */
export function authorityCommand(terminal: Terminal): Command {
  const command = new Command('authority').description(
    'the authority and signing key by which agents know their hub, and how others take their place',
  );
  for (const make of [showCommand, rotateCommand, retireCommand]) command.addCommand(make(terminal));
  return command;
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('which there are, and which agents know the latest')
    .addHelpText('after', '\nExample:\n  skerry fleet authority show')
    .action(async (_options: object, command: Command) => {
      const { runShow } = await import('./run-authority.ts');
      await runShow(terminal, command);
    });
}

export interface RotateFlags {
  readonly plan?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

function rotateCommand(terminal: Terminal): Command {
  return new Command('rotate')
    .description('make the next authority and signing key, and let all agents know them')
    .option('--plan', 'say what would be done, and do nothing')
    .option('--wait', 'wait until all agents know the next')
    .addOption(timeoutOption(3600))
    .addHelpText(
      'after',
      `
Envelopes name both from then on, signed with the key from before, which stays in use until it is retired. Where
another one is under way already, that one goes on.

Examples:
  skerry fleet authority rotate --plan
  skerry fleet authority rotate --wait
  skerry fleet authority retire`,
    )
    .action(async (flags: RotateFlags, command: Command) => {
      const { runRotate } = await import('./run-authority.ts');
      await runRotate(terminal, flags, command);
    });
}

export interface RetireFlags {
  readonly plan?: boolean;
  readonly leave: readonly string[];
}

function retireCommand(terminal: Terminal): Command {
  return withYes(new Command('retire'))
    .description('use the next authority and signing key, and trust those from before no more')
    .option('--plan', 'check it and say what would be done, and do nothing')
    .option(
      '--leave <project/cluster>',
      'a cluster that may lose its hub by this; may be repeated',
      collect(parseCluster),
      [],
    )
    .addHelpText(
      'after',
      `
Refused while an agent does not know the next one: it could not tell its hub from another one, and would have to be
installed and enrolled again. Manifests for enrolling that were made before the rotation are of no use any more.

Examples:
  skerry fleet authority retire --plan
  skerry fleet authority retire --leave ships/sunk`,
    )
    .action(async (flags: RetireFlags, command: Command) => {
      const { runRetire } = await import('./run-authority.ts');
      await runRetire(terminal, flags, command);
    });
}

function parseCluster(text: string): string {
  if (/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,63}$/.test(text)) return text;
  throw new InvalidArgumentError('a cluster as PROJECT/NAME');
}
