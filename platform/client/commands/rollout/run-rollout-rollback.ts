import type { Command } from 'commander';
import { profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { profiles, rollouts } from '../../kinds.ts';
import type { Terminal } from '../../output/terminal.ts';
import { inSession } from '../../session.ts';
import { FROM_LABEL, freeName, startedText } from './new-rollout.ts';
import type { RollbackFlags } from './rollout-rollback.ts';

export async function runRollback(
  terminal: Terminal,
  name: string,
  { to }: RollbackFlags,
  command: Command,
): Promise<void> {
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
    await objects.change(name, ({ spec }) => (spec.paused === true ? undefined : { spec: { paused: true } }));
    const { paused: _, ...same } = spec;
    const rollout = await objects.create({
      name: await freeName(session, target),
      labels: { [FROM_LABEL]: spec.version },
      spec: { ...same, version },
    });
    session.print(rollout, () => startedText(rollout));
  });
}
