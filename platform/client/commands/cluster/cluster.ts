import { Command } from 'commander';
import type { Terminal } from '../../output/terminal.ts';
import { acceptCommand, enrollCommand, revokeCommand } from './cluster-agent.ts';
import {
  createCommand,
  deleteCommand,
  pauseCommand,
  resumeCommand,
  unuseCommand,
  useCommand,
} from './cluster-change.ts';
import {
  driftCommand,
  listCommand,
  planCommand,
  revisionsCommand,
  showCommand,
  waitCommand,
} from './cluster-look.ts';
import { machinesCommand, scaleCommand, upgradeCommand } from './cluster-machines.ts';

export function clusterCommand(terminal: Terminal): Command {
  const command = new Command('cluster');
  for (const make of [
    listCommand,
    showCommand,
    createCommand,
    enrollCommand,
    acceptCommand,
    revokeCommand,
    useCommand,
    unuseCommand,
    pauseCommand,
    resumeCommand,
    waitCommand,
    machinesCommand,
    scaleCommand,
    upgradeCommand,
    driftCommand,
    revisionsCommand,
    planCommand,
    deleteCommand,
  ])
    command.addCommand(make(terminal));
  return command;
}
