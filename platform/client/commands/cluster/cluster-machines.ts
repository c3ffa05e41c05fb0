import { Command } from 'commander';
import { collect, type ProjectOptions, withProject, withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { type PoolFlag, parsePool } from './machine-options.ts';

export interface MachinesFlags {
  readonly watch?: boolean;
  readonly console?: boolean;
}

export function machinesCommand(terminal: Terminal): Command {
  return withProject(new Command('machines'))
    .description('the machines that were made for a cluster, how they fare, and which were replaced')
    .argument('<name>', 'of the cluster')
    .option('--watch', 'show them again after each change, until Ctrl-C')
    .option('--console', 'and the end of the console of those that did not join, where the cloud has it')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry cluster machines shop\n  skerry cluster machines shop --watch\n  skerry cluster machines shop --console',
    )
    .action(async (name: string, options: MachinesFlags, command: Command) => {
      const { runMachines } = await import('./run-cluster-machines.ts');
      await runMachines(terminal, name, options, command);
    });
}

export function scaleCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('scale')))
    .description('change how many machines the pools of a cluster have')
    .argument('<name>', 'of the cluster')
    .argument(
      '<pool=count...>',
      'pools with their machines; control-plane is one of them',
      (text: string, earlier: readonly PoolFlag[] | undefined) => collect(parsePool)(text, earlier ?? []),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  skerry cluster scale shop workers=5\n  skerry cluster scale shop control-plane=3 workers=2 --yes',
    )
    .action(async (name: string, pools: readonly PoolFlag[], _options: ProjectOptions, command: Command) => {
      const { runScale } = await import('./run-cluster-machines.ts');
      await runScale(terminal, name, pools, command);
    });
}

export function upgradeCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('upgrade')))
    .description(
      'bring a cluster that was made to another version of Kubernetes; its machines are replaced one by one',
    )
    .argument('<name>', 'of the cluster')
    .argument('<version>', 'e.g. 1.35 or 1.35.1')
    .addHelpText('after', '\nExample:\n  skerry cluster upgrade shop 1.35')
    .action(async (name: string, version: string, _options: ProjectOptions, command: Command) => {
      const { runUpgrade } = await import('./run-cluster-machines.ts');
      await runUpgrade(terminal, name, version, command);
    });
}
