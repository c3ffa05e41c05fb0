import type { Command } from 'commander';
import { profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { profiles, type Rollout, rollouts } from '../../kinds.ts';
import type { ProfileVersionName } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { waitForObject } from '../../output/view.ts';
import { inSession, type Session } from '../../session.ts';
import { FROM_LABEL, freeName, startedText, versionBefore } from './new-rollout.ts';
import type { StartFlags } from './rollout-start.ts';
import { progressOf } from './rollout-view.ts';

export async function runStart(
  terminal: Terminal,
  target: ProfileVersionName,
  flags: StartFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const rollout = await start(session, target, flags);
    if (!flags.wait) {
      session.print(rollout, () => startedText(rollout));
      return;
    }
    session.say(startedText(rollout));
    await waitForRollout(session, rollout.name, flags.timeout);
  });
}

async function start(session: Session, target: ProfileVersionName, flags: StartFlags): Promise<Rollout> {
  await session.objects(profiles).get(profileObjectName(target));
  const { selector, batch, maxFailures, soak, deadline, offline, maxOffline } = flags;
  const from = await versionBefore(session, target, selector);
  const spec = {
    profile: target.name,
    version: target.version,
    ...(selector === undefined ? {} : { selector }),
    ...(batch === undefined ? {} : { batch }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
    ...(soak === undefined ? {} : { soakSeconds: soak }),
    ...(deadline === undefined ? {} : { deadlineSeconds: deadline }),
    ...(offline === undefined ? {} : { offline }),
    ...(maxOffline === undefined ? {} : { maxOffline }),
  };
  return await session.objects(rollouts).create({
    name: flags.name ?? (await freeName(session, target)),
    ...(from === undefined ? {} : { labels: { [FROM_LABEL]: from } }),
    spec,
  });
}

async function waitForRollout(session: Session, name: string, timeoutSeconds: number): Promise<void> {
  const rollout = await waitForObject(session, rollouts, name, {
    what: `rollout ${name} to be complete`,
    timeoutSeconds,
    isTrue: (found) => ['Complete', 'Stopped'].includes(found?.status?.phase ?? ''),
    describe: progressOf,
  });
  if (rollout?.status?.phase !== 'Complete')
    throw platformError('ROLLOUT_STOPPED', { subject: name, detail: progressOf(rollout) });
  session.print(rollout, () => `rollout ${name} is complete`);
}
