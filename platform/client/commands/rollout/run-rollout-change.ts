import type { Command } from 'commander';
import { platformError } from '../../../errors.ts';
import { rollouts } from '../../kinds.ts';
import type { Terminal } from '../../output/terminal.ts';
import { inSession } from '../../session.ts';
import type { ResumeFlags } from './rollout-change.ts';
import { progressOf } from './rollout-view.ts';

export async function runPause(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const { object } = await session.objects(rollouts).change(name, () => ({ spec: { paused: true } }));
    session.print(object, () => `rollout ${name} is paused`);
  });
}

export async function runResume(
  terminal: Terminal,
  name: string,
  { maxFailures, maxOffline }: ResumeFlags,
  command: Command,
): Promise<void> {
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
}

export async function runStop(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const rollout = await session.objects(rollouts).get(name);
    await session.confirm(`Rollout ${name} (${progressOf(rollout)}) will end and be forgotten.`);
    await session.objects(rollouts).delete(name);
    session.print({ name, deleted: true }, () => `rollout ${name} is ended`);
  });
}
