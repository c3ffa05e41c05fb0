import { Command } from 'commander';
import type { Terminal } from '../../output/terminal.ts';
import { pauseCommand, resumeCommand, stopCommand } from './rollout-change.ts';
import { listCommand, showCommand } from './rollout-look.ts';
import { rollbackCommand } from './rollout-rollback.ts';
import { startCommand } from './rollout-start.ts';

export function rolloutCommand(terminal: Terminal): Command {
  const command = new Command('rollout').description(
    'bring a version of a profile to many clusters, step by step',
  );
  for (const make of [
    startCommand,
    listCommand,
    showCommand,
    pauseCommand,
    resumeCommand,
    stopCommand,
    rollbackCommand,
  ])
    command.addCommand(make(terminal));
  return command;
}
