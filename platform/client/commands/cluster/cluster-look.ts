import { Command, Option } from 'commander';
import { type ListFlags, type ProjectOptions, timeoutOption, withList, withProject } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the clusters of a project, or of all')
    .addHelpText(
      'after',
      `
REVISION is the desired state that the agent has completed; 3->4 means that it is on its way from 3 to 4.

Examples:
  skerry cluster list --project payments
  skerry cluster list --all-projects --selector site=north --watch`,
    )
    .action(async (options: ListFlags, command: Command) => {
      const { runList } = await import('./run-cluster-look.ts');
      await runList(terminal, options, command);
    });
}

export function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one cluster: its layers, its drift, who its agent is')
    .argument('<name>', 'of the cluster')
    .option('--watch', 'show it again after each change, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry cluster show edge-1\n  skerry cluster show edge-1 --output yaml',
    )
    .action(async (name: string, options: { watch?: boolean }, command: Command) => {
      const { runShow } = await import('./run-cluster-look.ts');
      await runShow(terminal, name, options, command);
    });
}

const GOALS = ['ready', 'applied', 'asking', 'deleted'] as const;

export interface WaitFlags extends ProjectOptions {
  readonly for: (typeof GOALS)[number];
  readonly timeout: number;
}

export function waitCommand(terminal: Terminal): Command {
  return withProject(new Command('wait'))
    .description('wait until a cluster is as it should be')
    .argument('<name>', 'of the cluster')
    .addOption(
      new Option('--for <state>', 'what to wait for')
        .choices(GOALS)
        .default('ready' satisfies WaitFlags['for']),
    )
    .addOption(timeoutOption(600))
    .addHelpText(
      'after',
      `
ready: all layers are healthy at the desired revision. applied: the agent has completed it, healthy or not.
asking: an agent asks to join. deleted: the cluster is gone. Exits with 1 when it has not come true in time.

Examples:
  skerry cluster wait edge-1 --for ready --timeout 900
  skerry cluster wait edge-1 --for asking`,
    )
    .action(async (name: string, flags: WaitFlags, command: Command) => {
      const { runWait } = await import('./run-cluster-look.ts');
      await runWait(terminal, name, flags, command);
    });
}

export function driftCommand(terminal: Terminal): Command {
  return withProject(new Command('drift'))
    .description('what somebody else changed in what a profile owns, and who')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster drift edge-1')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runDrift } = await import('./run-cluster-look.ts');
      await runDrift(terminal, name, command);
    });
}

export function revisionsCommand(terminal: Terminal): Command {
  return withProject(new Command('revisions'))
    .description('the desired states that a cluster was given, newest last')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nExample:\n  skerry cluster revisions edge-1')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runRevisions } = await import('./run-cluster-look.ts');
      await runRevisions(terminal, name, command);
    });
}

export function planCommand(terminal: Terminal): Command {
  return withProject(new Command('plan'))
    .description('what a cluster would get next, beside what it was given last')
    .argument('<name>', 'of the cluster')
    .addHelpText(
      'after',
      `
Before a change, see skerry cluster use --plan, skerry profile create --plan and skerry apply --plan.

Example:
  skerry cluster plan edge-1`,
    )
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runPlan } = await import('./run-cluster-look.ts');
      await runPlan(terminal, name, command);
    });
}
