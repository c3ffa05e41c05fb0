import { installerError } from '../errors.ts';
import { canAsk, confirm } from './confirm.ts';
import { type Console, type OutputFormat, reportError } from './console.ts';
import { interruptible } from './interrupt.ts';

/** What commands of other rooms need of a terminal. */
export function clientTerminal(console: Console) {
  const { stdout, stderr, stdin, env } = console;
  return {
    stdout,
    stderr,
    stdin,
    env,
    program: programOf(console),
    now: Date.now,
    interruptible: async <T>(output: OutputFormat | 'yaml', work: (signal: AbortSignal) => Promise<T>) =>
      await interruptible(work, (error) => reportError(console, output === 'json' ? 'json' : 'text', error)),
    /** Throws NOT_CONFIRMED where nobody can be asked, or says no. */
    confirm: async (subject: string, question: string, signal: AbortSignal) => {
      if (canAsk(console) && (await confirm(console, question, signal))) return;
      throw installerError('NOT_CONFIRMED', { subject, detail: question });
    },
  };
}

/** What starts this program once more: Node with a script, or the executable alone. */
function programOf({ execPath, argv = [] }: Console): readonly string[] {
  const [, script] = argv;
  if (execPath === undefined) return ['skerry'];
  return /(?:^|[/\\])node(?:\.exe)?$/.test(execPath) && script !== undefined
    ? [execPath, script]
    : [execPath];
}
