import { Command, InvalidArgumentError, Option } from 'commander';
import { profileObjectName } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { profiles, type Rollout, rollouts } from '../../kinds.ts';
import {
  type ProfileVersionName,
  type ProjectOptions,
  parseCount,
  parseProfileVersion,
  parseSeconds,
  timeoutOption,
  withProject,
} from '../../options.ts';
import { inSession, type Session } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';
import { waitForObject } from '../../view.ts';
import { FROM_LABEL, freeName, startedText, versionBefore } from './new-rollout.ts';
import { progressOf } from './rollout-view.ts';

interface StartFlags extends ProjectOptions {
  readonly name?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly batch?: number;
  readonly maxFailures?: number;
  readonly soak?: number;
  readonly deadline?: number;
  readonly offline?: 'skip' | 'wait' | 'fail';
  readonly maxOffline?: number;
  readonly wait?: boolean;
  readonly timeout: number;
}

export function startCommand(terminal: Terminal): Command {
  return withProject(new Command('start'))
    .description('begin to bring a version of a profile to the clusters that have the profile')
    .argument('<profile@version>', 'where to; also an earlier version', parseProfileVersion)
    .option('--name <name>', 'for the rollout; PROFILE-VERSION otherwise')
    .option('--selector <labels>', 'only clusters with these labels, e.g. site=north,tier=test', parseLabels)
    .option('--batch <clusters>', 'how many at a time; a tenth otherwise', parseCount)
    .option('--max-failures <clusters>', 'more failures stop it; 0 otherwise', parseCount)
    .option(
      '--soak <seconds>',
      'how long a batch must stay ready before the next; 60 otherwise',
      parseSeconds,
    )
    .option('--deadline <seconds>', 'a cluster not ready by then has failed; 1800 otherwise', parseSeconds)
    .addOption(
      new Option('--offline <policy>', 'silent clusters: get it later, hold their batch, or fail').choices([
        'skip',
        'wait',
        'fail',
      ]),
    )
    .option('--max-offline <clusters>', 'more silent clusters stop it', parseCount)
    .option('--wait', 'wait until it is complete')
    .addOption(timeoutOption(3600))
    .addHelpText(
      'after',
      `
Examples:
  skerry fleet rollout start base@1.1.0 --batch 5 --max-failures 1
  skerry fleet rollout start base@1.1.0 --selector tier=test --wait --timeout 1800`,
    )
    .action(async (target: ProfileVersionName, flags: StartFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const rollout = await start(session, target, flags);
        if (!flags.wait) {
          session.print(rollout, () => startedText(rollout));
          return;
        }
        session.say(startedText(rollout));
        await waitForRollout(session, rollout.name, flags.timeout);
      });
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

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map((part) => /^([^=!]+)=([^=]*)$/.exec(part));
  if (pairs.some((pair) => pair === null)) throw new InvalidArgumentError('labels as KEY=VALUE,KEY=VALUE');
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}
