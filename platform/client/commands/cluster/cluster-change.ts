import { Command } from 'commander';
import {
  type Assignment,
  collect,
  type ProfileVersionName,
  type ProjectOptions,
  parseAssignment,
  parseProfileVersion,
  withProject,
  withYes,
} from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { type MachineFlags, withMachines } from './machine-options.ts';
import { type VariableFlags, withVariables } from './variable-options.ts';

export interface CreateFlags extends ProjectOptions, VariableFlags, MachineFlags {
  readonly profile: readonly ProfileVersionName[];
  readonly label: readonly Assignment[];
}

export function createCommand(terminal: Terminal): Command {
  return withMachines(withVariables(withProject(new Command('create'))))
    .description('make a cluster known, for an existing one to join as, or one that is to be made')
    .argument('<name>', 'for the cluster')
    .option('--profile <name@version>', 'may be repeated', collect(parseProfileVersion), [])
    .option('--label <key=value>', 'may be repeated', collect(parseAssignment), [])
    .addHelpText(
      'after',
      `
Examples:
  skerry cluster create edge-1 --profile base@1.0.0 --set-variable replicas=2 --label site=north
  skerry cluster create edge-2 --profile base@1.0.0 --profile shop@2.1.0 --set-secret password=shop/password
  skerry cluster create shop --account vc --kubernetes 1.34 --size small --pool workers=3 --endpoint-pool vips \
    --placement datacenter=dc1 --placement network=vm-a --plan
  skerry cluster create shop --from shop.yaml`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { runCreate } = await import('./run-cluster-change.ts');
      await runCreate(terminal, name, flags, command);
    });
}

export interface UseFlags extends ProjectOptions, VariableFlags {
  readonly plan?: boolean;
}

export function useCommand(terminal: Terminal): Command {
  return withVariables(withProject(new Command('use')))
    .description('give a cluster a version of a profile: another one, an earlier one, or a further profile')
    .argument('<name>', 'of the cluster')
    .argument('<profile@version>', 'e.g. base@1.1.0', parseProfileVersion)
    .option('--plan', 'say what would change, layer by layer, and stop')
    .addHelpText(
      'after',
      `
Variables keep the values that they have. For many clusters, see skerry fleet rollout.

Examples:
  skerry cluster use edge-1 base@1.1.0
  skerry cluster use edge-1 base@1.1.0 --plan
  skerry cluster use edge-1 base@1.1.0 --set-variable replicas=3`,
    )
    .action(async (name: string, profile: ProfileVersionName, flags: UseFlags, command: Command) => {
      const { runUse } = await import('./run-cluster-change.ts');
      await runUse(terminal, name, profile, flags, command);
    });
}

export function unuseCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('unuse')))
    .description('take a profile from a cluster; its packs are removed there')
    .argument('<name>', 'of the cluster')
    .argument('<profile>', 'name of the profile')
    .addHelpText('after', '\nExample:\n  skerry cluster unuse edge-2 shop')
    .action(async (name: string, profile: string, _flags: ProjectOptions, command: Command) => {
      const { runUnuse } = await import('./run-cluster-change.ts');
      await runUnuse(terminal, name, profile, command);
    });
}

export function pauseCommand(terminal: Terminal): Command {
  return withProject(new Command('pause'))
    .description('send nothing new to a cluster, and correct nothing in it')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster pause edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      const { runPause } = await import('./run-cluster-change.ts');
      await runPause(terminal, name, command);
    });
}

export function resumeCommand(terminal: Terminal): Command {
  return withProject(new Command('resume'))
    .description('go on after skerry cluster pause')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster resume edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      const { runResume } = await import('./run-cluster-change.ts');
      await runResume(terminal, name, command);
    });
}

export interface DeleteFlags extends ProjectOptions {
  readonly leaveMachines?: boolean;
  readonly abandon?: boolean;
}

export function deleteCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('delete')))
    .description('forget a cluster; what runs in it stays, but machines that were made for it go')
    .argument('<name>', 'of the cluster')
    .option('--leave-machines', 'leave the machines that were made for it')
    .option('--abandon', 'do not wait for a gateway that is lost: its machines are left')
    .addHelpText(
      'after',
      `
Examples:
  skerry cluster delete edge-1
  skerry cluster delete edge-1 --yes
  skerry cluster delete shop --leave-machines`,
    )
    .action(async (name: string, flags: DeleteFlags, command: Command) => {
      const { runDelete } = await import('./run-cluster-change.ts');
      await runDelete(terminal, name, flags, command);
    });
}
