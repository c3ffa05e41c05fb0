import { Command, Option } from 'commander';
import { CLOUD_TYPES } from '../../../api/cloud-types.ts';
import {
  type Assignment,
  collect,
  type ListFlags,
  type ProjectOptions,
  parseAssignment,
  withList,
  withProject,
  withYes,
} from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export function accountCommand(terminal: Terminal): Command {
  const command = new Command('account');
  for (const make of [listCommand, showCommand, createCommand, deleteCommand])
    command.addCommand(make(terminal));
  return command;
}

function listCommand(terminal: Terminal): Command {
  return withList(new Command('list'))
    .description('the cloud accounts of a project, or of all')
    .addHelpText(
      'after',
      '\nExamples:\n  skerry account list\n  skerry account list --all-projects --output json',
    )
    .action(async (options: ListFlags, command: Command) => {
      const { runList } = await import('./run-account.ts');
      await runList(terminal, options, command);
    });
}

function showCommand(terminal: Terminal): Command {
  return withProject(new Command('show'))
    .description('one account: whether the cloud takes it, what is missing, machines that nobody knows')
    .argument('<name>', 'of the account')
    .option('--watch', 'show it again after each change, until Ctrl-C')
    .addHelpText('after', '\nExample:\n  skerry account show vc')
    .action(async (name: string, options: { watch?: boolean }, command: Command) => {
      const { runShow } = await import('./run-account.ts');
      await runShow(terminal, name, options, command);
    });
}

export interface CreateFlags extends ProjectOptions {
  readonly type: (typeof CLOUD_TYPES)[number];
  readonly gateway: string;
  readonly secret: string;
  readonly endpoint?: string;
  readonly caFile?: string;
  readonly set: readonly Assignment[];
  readonly share: readonly string[];
}

function createCommand(terminal: Terminal): Command {
  return withProject(new Command('create'))
    .description('name a cloud that clusters may be made in, and the Secret with its credentials')
    .argument('<name>', 'for the account')
    .addOption(new Option('--type <type>', 'kind of cloud').choices(CLOUD_TYPES).makeOptionMandatory())
    .requiredOption('--gateway <name>', 'gateway of the same project that reaches the cloud')
    .requiredOption('--secret <name>', 'Secret of the same project; it is sealed for the gateway')
    .option('--endpoint <address>', 'of the cloud')
    .option('--ca-file <path>', 'certificates (PEM) trusted for it')
    .option(
      '--set <key=value>',
      'what only this kind of cloud knows, e.g. region; may be repeated',
      collect(parseAssignment),
      [],
    )
    .option('--share <project>', 'further project that may use it; may be repeated', collect(String), [])
    .addHelpText(
      'after',
      `
The Secret says itself what it is lent for:
  kubectl -n shop create secret generic vc-login --from-literal=username=… --from-literal=password=…
  kubectl -n shop label secret vc-login skerry.dev/use=cloud
  kubectl -n shop annotate secret vc-login skerry.dev/hosts=vcenter.site

Example:
  skerry account create vc --type vsphere --gateway site --secret vc-login --endpoint https://vcenter.site`,
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { runCreate } = await import('./run-account.ts');
      await runCreate(terminal, name, flags, command);
    });
}

function deleteCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('delete')))
    .description('forget an account that no cluster needs any more')
    .argument('<name>', 'of the account')
    .addHelpText('after', '\nExample:\n  skerry account delete vc')
    .action(async (name: string, _options: ProjectOptions, command: Command) => {
      const { runDelete } = await import('./run-account.ts');
      await runDelete(terminal, name, command);
    });
}
