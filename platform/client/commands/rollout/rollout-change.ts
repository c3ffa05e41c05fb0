import { Command } from 'commander';
import { platformError } from '../../../errors.ts';
import { rollouts } from '../../kinds.ts';
import { type ProjectOptions, parseCount, withProject, withYes } from '../../options.ts';
import { inSession } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { progressOf } from './rollout-view.ts';

export function pauseCommand(terminal: Terminal): Command {
  return withProject(new Command('pause'))
    .description('begin no further batch')
    .argument('<name>', 'of the rollout')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout pause base-1.1.0')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const { object } = await session.objects(rollouts).change(name, () => ({ spec: { paused: true } }));
        session.print(object, () => `rollout ${name} is paused`);
      });
    });
}

interface ResumeFlags extends ProjectOptions {
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
    .action(async (name: string, { maxFailures, maxOffline }: ResumeFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const wanted = {
          paused: null,
          ...(maxFailures === undefined ? {} : { maxFailures }),
          ...(maxOffline === undefined ? {} : { maxOffline }),
        };
        const { object, changed } = await session.objects(rollouts).change(name, () => ({ spec: wanted }));
        if (!changed && object.status?.phase === 'Stopped')
          throw platformError('ROLLOUT_STOPPED', {
            subject: name,
            detail: progressOf(object),
            remedy: 'Allow for more with --max-failures or --max-offline, or roll it back.',
          });
        session.print(object, () => `rollout ${name} goes on`);
      });
    });
}

export function stopCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('stop')))
    .description('end a rollout for good; clusters that have the version keep it')
    .argument('<name>', 'of the rollout')
    .addHelpText('after', '\nExample:\n  skerry fleet rollout stop base-1.1.0')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const rollout = await session.objects(rollouts).get(name);
        await session.confirm(`Rollout ${name} (${progressOf(rollout)}) will end and be forgotten.`);
        await session.objects(rollouts).delete(name);
        session.print({ name, deleted: true }, () => `rollout ${name} is ended`);
      });
    });
}
