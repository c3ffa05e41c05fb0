import { Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { bundleCommand } from './commands/bundle.ts';
import { completionCommand } from './commands/completion.ts';
import { copyCommand } from './commands/copy.ts';
import { helpCommand } from './commands/help.ts';
import { installCommand } from './commands/install.ts';
import { keyCommand } from './commands/key.ts';
import { registryCommand } from './commands/registry.ts';
import { rewriteImagesCommand } from './commands/rewrite-images.ts';
import { statusCommand } from './commands/status.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { type Console, reportError } from './console.ts';
import { installerError } from './errors.ts';
import { watchOutput } from './lost-output.ts';

export const VERSION: string = packageJson.version;

/** All commands; `more` are those of rooms that this one does not know. */
export function createProgram(console: Console, more: readonly Command[] = [], asJson = false): Command {
  const program = new Command('skerry')
    .description(
      'Takes a Kubernetes management platform to places with no way out: bundle, registry, install.',
    )
    .version(VERSION, '-V, --version')
    .addOption(
      new Option('--output <format>', 'how results are printed').choices(['text', 'json']).default('text'),
    )
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => console.stdout.write(text),
      writeErr: (text) => console.stderr.write(text),
      // Who asked for JSON gets the error as JSON, once it is known whole.
      outputError: (text, write) => (asJson ? undefined : write(text)),
    })
    .exitOverride();
  const commands = [
    bundleCommand(console),
    installCommand(console),
    statusCommand(console),
    uninstallCommand(console),
    registryCommand(console),
    copyCommand(console),
    keyCommand(console),
    ...more,
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(completionCommand(console, program));
  program.helpCommand(false).addCommand(helpCommand(program));
  program.addCommand(rewriteImagesCommand(), { hidden: true });
  inherit(program);
  return program;
}

/** Runs a command line (without program and script); returns the exit code. Never throws. */
export async function runCli(
  args: readonly string[],
  console: Console,
  more: readonly Command[] = [],
): Promise<number> {
  const asJson = args.some(
    (arg, at) => arg === '--output=json' || (arg === 'json' && args[at - 1] === '--output'),
  );
  const program = createProgram(console, more, asJson);
  const output = watchOutput(console);
  let serving = false;
  program.hook('preAction', (_program, command) => {
    serving = SERVERS.includes(command.name());
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    const lost = await output.lost();
    if (lost !== undefined && !serving) throw lost;
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(console, asJson ? 'json' : 'text', error);
    // Asking for help or the version ends this way too.
    if (error.exitCode === 0) return 0;
    return asJson ? reportError(console, 'json', misunderstood(error)) : 2;
  }
}

function misunderstood({ message }: CommanderError) {
  const detail =
    message === '(outputHelp)'
      ? 'a command is missing'
      : message.replace(/^error: /, '').replaceAll('\n', ' ');
  return installerError('USAGE', { subject: 'skerry', detail });
}

/** What these print is a log: they have not failed when it was lost. */
const SERVERS = ['serve', 'hub'];

// Settings of a command don't reach commands that were made elsewhere.
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

const EXAMPLES = `
Examples:
  skerry bundle create manifests/release.yaml -o stick/    make a stick, on the connected side
  stick/skerry bundle verify stick/ --key vendor.pub       check a stick on any machine
  stick/skerry install stick/ --key vendor.pub             install from it, on the island
  skerry status                                            what runs, and where it came from
  skerry uninstall                                         names what it will delete, deletes just that

Exit codes: 0 done, 1 failed, 2 usage or bad input file, 3 verification failed, 4 the cluster is not fit, 130 stopped.`;
