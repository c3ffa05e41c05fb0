import { Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { helpCommand } from './commands/help.ts';
import { installerError } from './errors.ts';
import { type LazyEntry, loadCommands } from './lazy-command.ts';
import { type Console, reportError } from './terminal/console.ts';
import { watchOutput } from './terminal/lost-output.ts';

export const VERSION: string = packageJson.version;

/** The command line with some commands, and with help for them. */
export function programOf(console: Console, commands: readonly Command[], asJson = false): Command {
  const program = new Command('skerry')
    .description(
      'Takes a Kubernetes management platform to places with no way out: bundle, registry, install.',
    )
    .version(VERSION, '-V, --version')
    .addOption(
      new Option('--output <format>', 'how results are printed')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .configureHelp({
      sortSubcommands: false,
      showGlobalOptions: true,
      // What a command takes is known to itself alone until it is loaded.
      subcommandTerm: (command) => command.name(),
    })
    .configureOutput({
      writeOut: (text) => console.stdout.write(text),
      writeErr: (text) => console.stderr.write(text),
      // Who asked for JSON gets the error as JSON, once it is known whole.
      outputError: (text, write) => (asJson ? undefined : write(text)),
    })
    .exitOverride();
  for (const command of commands) program.addCommand(command);
  program.helpCommand(false).addCommand(helpCommand(program));
  inherit(program);
  return program;
}

/** Runs a command line (without program and script); returns the exit code. Never throws. */
export async function runProgram(
  args: readonly string[],
  console: Console,
  entries: readonly LazyEntry[],
): Promise<number> {
  const asJson = args.some(
    (arg, at) => arg === '--output=json' || (arg === 'json' && args[at - 1] === '--output'),
  );
  const output = watchOutput(console);
  let serving = false;
  try {
    const program = programOf(console, await loadCommands(entries, args), asJson);
    program.hook('preAction', (_program, command) => {
      serving = SERVERS.includes(command.name());
    });
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
const SERVERS = ['serve', 'cache', 'hub', 'agent'];

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

Exit codes: 0 done, 1 failed, 2 usage or bad input file, 3 verification failed, 4 the cluster is not fit,
5 done, but something that belongs to images could not be had, 6 done in part, 7 a mirror that differs,
130 stopped.`;
