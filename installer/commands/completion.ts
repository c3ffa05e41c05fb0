// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are for a shell to fill in
import { Argument, Command } from 'commander';
import type { Console } from '../console.ts';

export function completionCommand(console: Console, program: Command): Command {
  return new Command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(skerry completion bash)\n  skerry completion fish > ~/.config/fish/completions/skerry.fish',
    )
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      console.stdout.write(
        shell === 'fish'
          ? fishScript(program)
          : shell === 'zsh'
            ? `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`
            : bashScript(program),
      );
    });
}

interface Entry {
  /** `bundle create`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

function entriesOf(command: Command, path: string): Entry[] {
  const children = command.commands.filter((child) => !child.name().startsWith('rewrite-'));
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const words = [...children.map((child) => child.name()), ...options, '--output', '--help'];
  return [
    { path, words: [...new Set(words)] },
    ...children.flatMap((child) => entriesOf(child, `${path} ${child.name()}`.trim())),
  ];
}

function bashScript(program: Command): string {
  const cases = entriesOf(program, '').map(
    ({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`,
  );
  return [
    '_skerry() {',
    '  local word path="" words=""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    [[ $word == -* || $word == */* || $word == *.* ]] || path="${path:+$path }$word"',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  if [[ ${COMP_WORDS[COMP_CWORD]} == -* || -n $words && ${COMP_WORDS[COMP_CWORD]} != */* ]]; then',
    '    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '  fi',
    '  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o filenames -F _skerry skerry',
    '',
  ].join('\n');
}

function fishScript(program: Command): string {
  const lines = entriesOf(program, '').flatMap(({ path, words }) => {
    const seen =
      path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
    return words.map(
      (word) =>
        `complete -c skerry -n '${seen}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
