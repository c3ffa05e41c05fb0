import { type Command, CommanderError } from 'commander';

/**
 * Has the real command line read some arguments without doing anything: undefined when it takes them, else what it has
 * against them. Asking for help or the version is fine.
 */
export async function refusalOf(program: Command, args: readonly string[]): Promise<string | undefined> {
  disarm(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : error.message;
    throw error;
  }
}

function disarm(command: Command): void {
  if (command.commands.length === 0) command.action(() => {});
  for (const child of command.commands) disarm(child);
}

/** What a sentence such as "run skerry registry serve" names that is not a command. */
export function unknownCommands(sentence: string, program: Command): string[] {
  const mentions = sentence.matchAll(/\bskerry((?: [a-z][a-z-]*)+)/g);
  return [...mentions].flatMap(([mention, words = '']) =>
    isKnown(program, words.trim().split(' ')) ? [] : [mention],
  );
}

// A command without commands of its own may be followed by any word of the sentence.
function isKnown(command: Command, words: readonly string[]): boolean {
  const [word, ...rest] = words;
  if (command.commands.length === 0 || word === undefined) return true;
  const child = command.commands.find((candidate) => candidate.name() === word);
  return child !== undefined && isKnown(child, rest);
}
