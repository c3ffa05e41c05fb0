import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type ProfileVersionName,
  type ProjectOptions,
  parseCount,
  parseProfileVersion,
  parseSeconds,
  timeoutOption,
  withProject,
} from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export interface StartFlags extends ProjectOptions {
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
      const { runStart } = await import('./run-rollout-start.ts');
      await runStart(terminal, target, flags, command);
    });
}

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map((part) => /^([^=!]+)=([^=]*)$/.exec(part));
  if (pairs.some((pair) => pair === null)) throw new InvalidArgumentError('labels as KEY=VALUE,KEY=VALUE');
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}
