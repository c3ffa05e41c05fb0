import { Command } from 'commander';
import { profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { profiles, rollouts } from '../../kinds.ts';
import { type ProjectOptions, withProject, withYes } from '../../options.ts';
import { inSession } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { FROM_LABEL, freeName, startedText } from './new-rollout.ts';

interface RollbackFlags extends ProjectOptions {
  readonly to?: string;
}

export function rollbackCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('rollback')))
    .description('bring the clusters of a rollout back to the version that they had')
    .argument('<name>', 'of the rollout')
    .option('--to <version>', 'this version in place of the one from before')
    .addHelpText(
      'after',
      `
The rollout is paused, and another one with the same clusters and limits begins.

Example:
  skerry fleet rollout rollback base-1.1.0`,
    )
    .action(async (name: string, { to }: RollbackFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const objects = session.objects(rollouts);
        const { spec, labels } = await objects.get(name);
        const version = to ?? labels?.[FROM_LABEL];
        if (version === undefined)
          throw platformError('ROLLBACK_UNKNOWN', {
            subject: name,
            detail: 'the clusters had several versions, or it was not begun by skerry fleet rollout start',
          });
        const target = { name: spec.profile, version };
        await session.objects(profiles).get(profileObjectName(target));
        await session.confirm(
          `Rollout ${name} is paused, and its clusters go back to ${spec.profile}@${version}.`,
        );
        await objects.change(name, ({ spec }) =>
          spec.paused === true ? undefined : { spec: { paused: true } },
        );
        const { paused: _, ...same } = spec;
        const rollout = await objects.create({
          name: await freeName(session, target),
          labels: { [FROM_LABEL]: spec.version },
          spec: { ...same, version },
        });
        session.print(rollout, () => startedText(rollout));
      });
    });
}
