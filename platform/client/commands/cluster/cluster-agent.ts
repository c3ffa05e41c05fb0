import { Command, InvalidArgumentError, Option } from 'commander';
import { FINGERPRINT_GRAMMAR } from '../../../api/name-grammar.ts';
import { type ProjectOptions, parseSeconds, withProject, withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';

export interface EnrollFlags extends ProjectOptions {
  readonly ttl?: number;
  readonly autoAccept?: boolean;
  readonly command?: boolean;
  readonly file?: string;
}

export function enrollCommand(terminal: Terminal): Command {
  return withProject(new Command('enroll'))
    .description('make a token with which one agent may join, and print what to apply in its cluster')
    .argument('<name>', 'of the cluster')
    .option('--ttl <seconds>', 'how long the token is good', parseSeconds)
    .option('--auto-accept', 'let the agent in without skerry cluster accept')
    .addOption(new Option('--command', 'print the command in place of the manifest').conflicts('file'))
    .option('--file <file>', 'write the manifest into a file that only you can read')
    .addHelpText(
      'after',
      `
The manifest has the token in it: who has it may ask to be this cluster's agent, once.

Examples:
  skerry cluster enroll edge-1 | kubectl --context edge-1 apply -f -
  skerry cluster enroll edge-1 --ttl 600 --file edge-1.yaml`,
    )
    .action(async (name: string, flags: EnrollFlags, command: Command) => {
      const { runEnroll } = await import('./run-cluster-agent.ts');
      await runEnroll(terminal, name, flags, command);
    });
}

export interface AcceptFlags extends ProjectOptions {
  readonly key?: string;
}

export function acceptCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('accept')))
    .description('let the agent in that asks to be that of a cluster')
    .argument('<name>', 'of the cluster')
    .option('--key <fingerprint>', 'only this key, SHA256:..., as the agent prints it', parseKey)
    .addHelpText(
      'after',
      `
Compare the fingerprint with the one in the agent's log, or give it with --key: then nothing is asked.

Examples:
  skerry cluster accept edge-1
  skerry cluster accept edge-1 --key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU`,
    )
    .action(async (name: string, flags: AcceptFlags, command: Command) => {
      const { runAccept } = await import('./run-cluster-agent.ts');
      await runAccept(terminal, name, flags, command);
    });
}

export function revokeCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('revoke')))
    .description('lock the agent of a cluster out, at once')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nWhat runs in the cluster stays.\n\nExample:\n  skerry cluster revoke edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
      const { runRevoke } = await import('./run-cluster-agent.ts');
      await runRevoke(terminal, name, command);
    });
}

function parseKey(text: string): string {
  if (!FINGERPRINT_GRAMMAR.test(text))
    throw new InvalidArgumentError('a fingerprint as SHA256: and 43 characters');
  return text;
}
