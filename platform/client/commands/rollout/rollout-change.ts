import { Command } from 'commander';
import { type ProjectOptions, parseCount, withProject, withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export function pauseCommand(terminal: Terminal): Command {
  return withProject(new Command('pause'))
    .description('begin no further batch')
    .argument('<name>', 'of the rollout')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout pause base-1.1.0')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runPause } = await import('./run-rollout-change.ts');
      await runPause(terminal, name, command);
    });
}

export interface ResumeFlags extends ProjectOptions {
  readonly maxFailures?: number;
  readonly maxOffline?: number;
}

export function resumeCommand(terminal: Terminal): Command {
  return withProject(new Command('resume'))
    .description('go on with a rollout that was paused, or that has stopped by itself')
    .argument('<name>', 'of the rollout')
    .option('--max-failures <clusters>', 'how many may fail from now on', parseCount)
    .option('--max-offline <clusters>', 'how many may be silent from now on', parseCount)
    .addHelpText(
      'after',
      '\nExamples:\n  skerry fleet rollout resume base-1.1.0\n  skerry fleet rollout resume base-1.1.0 --max-failures 3',
    )
    .action(async (name: string, flags: ResumeFlags, command: Command) => {
      const { runResume } = await import('./run-rollout-change.ts');
      await runResume(terminal, name, flags, command);
    });
}

export function stopCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('stop')))
    .description('end a rollout for good; clusters that have the version keep it')
    .argument('<name>', 'of the rollout')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout stop base-1.1.0')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runStop } = await import('./run-rollout-change.ts');
      await runStop(terminal, name, command);
    });
}
