import { Command } from 'commander';

/** A command of which only what its parent's help says is known before somebody asks for it. */
export interface LazyCommand {
  readonly name: string;
  readonly description: string;
  /** Loads its code: what it stands on takes longer to load than most commands run. */
  readonly load: () => Promise<Command>;
}

/** A name that commands have in common. */
export interface LazyGroup {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly LazyEntry[];
}

export type LazyEntry = LazyCommand | LazyGroup;

/**
 * The commands as the words of a command line need them: the one that they name with all of its code, the others with
 * their names and descriptions. All of them are loaded for `everything`.
 */
export async function loadCommands(
  entries: readonly LazyEntry[],
  words: readonly string[] | 'everything',
): Promise<Command[]> {
  const named = words === 'everything' ? undefined : words.find((word) => entries.some(isNamed(word)));
  return await Promise.all(
    entries.map(async (entry) => {
      const isWanted = words === 'everything' || entry.name === named;
      if ('load' in entry)
        return isWanted ? (await entry.load()).description(entry.description) : standIn(entry);
      const group = standIn(entry);
      const below = words === 'everything' || !isWanted ? words : words.slice(words.indexOf(entry.name) + 1);
      for (const child of await loadCommands(entry.commands, isWanted ? below : [])) group.addCommand(child);
      return group;
    }),
  );
}

function isNamed(word: string) {
  return ({ name }: LazyEntry) => name === word;
}

function standIn({ name, description }: LazyEntry): Command {
  return new Command(name).description(description);
}
