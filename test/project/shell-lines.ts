/** The text of every fenced block of one of the languages in a Markdown page. */
export function fencedBlocks(markdown: string, languages: readonly string[]): string[] {
  const blocks = markdown.matchAll(/^( *)```(\S*)[^\n]*\n([\s\S]*?)^\1```\s*$/gm);
  return [...blocks].flatMap(([, , language = '', text = '']) =>
    languages.includes(language) ? [text] : [],
  );
}

/** The commands in a piece of shell as lists of words; settings of variables before a command are left out. */
export function shellCommands(text: string): string[][] {
  const commands: string[][] = [];
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) commands.push(...commandsOf(line));
  return commands;
}

function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const token of tokens(line)) {
    if (token.operator) commands.push([]);
    else if (!(commands.at(-1)?.length === 0 && /^\w+=/.test(token.text))) commands.at(-1)?.push(token.text);
  }
  return commands.filter(({ length }) => length > 0);
}

interface Token {
  readonly text: string;
  readonly operator: boolean;
}

// Of a shell's grammar just what documents need: words, both kinds of quotes, comments and operators.
function tokens(line: string): Token[] {
  const pattern = /\s+|#.*$|((?:"[^"]*"|'[^']*'|\\.|[^\s|&;<>()"'\\])+)|([|&;<>()]+)/g;
  return [...line.matchAll(pattern)].flatMap(([, word, operator]): Token[] => {
    if (operator !== undefined) return [{ text: operator, operator: true }];
    return word === undefined ? [] : [{ text: word.replaceAll(/["']/g, ''), operator: false }];
  });
}
