// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are for a shell to fill in
import { Argument, Command } from 'commander';
import type { Console } from '../terminal/console.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** JSON of the scripts of the whole program, put here by scripts/build.ts: shells ask for one at each start. */
declare const COMPLETION_SCRIPTS: string | undefined;

/** `load` gives the whole program, where no script was made of it beforehand. */
export function completionCommand(console: Console, load: () => Promise<Command>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(skerry completion bash)\n  skerry completion fish > ~/.config/fish/completions/skerry.fish',
    )
    .action(async (shell: Shell) => {
      console.stdout.write(builtScript(shell) ?? completionScript(shell, await load()));
    });
}

function builtScript(shell: Shell): string | undefined {
  if (typeof COMPLETION_SCRIPTS === 'undefined') return undefined;
  const scripts: Partial<Record<Shell, string>> = JSON.parse(COMPLETION_SCRIPTS);
  return scripts[shell];
}

/** What a shell reads to complete the commands and options of a program. */
export function completionScript(shell: Shell, program: Command): string {
  if (shell === 'fish') return fishScript(program);
  const script = bashScript(program);
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

interface Entry {
  /** `bundle create`; empty for the program itself. */
  readonly path: string;
  /** Commands below it, and what its arguments may be. */
  readonly names: readonly string[];
  readonly options: readonly EntryOption[];
}

interface EntryOption {
  readonly name: string;
  /** What it may be given; empty for anything, undefined where it takes nothing. */
  readonly values: readonly string[] | undefined;
}

function entriesOf(command: Command, path: string): Entry[] {
  const children = command.commands.filter((child) => !child.name().startsWith('rewrite-'));
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const own = command.options.flatMap(({ long, required, optional, argChoices }) =>
    long ? [{ name: long, values: required || optional ? (argChoices ?? []) : undefined }] : [],
  );
  const shared = [
    { name: '--output', values: ['text', 'json'] },
    { name: '--help', values: undefined },
  ].filter(({ name }) => own.every((option) => option.name !== name));
  return [
    {
      path,
      names: [...children.map((child) => child.name()), ...choices],
      options: [...own, ...shared],
    },
    ...children.flatMap((child) => entriesOf(child, `${path} ${child.name()}`.trim())),
  ];
}

function bashScript(program: Command): string {
  const entries = entriesOf(program, '');
  const words = entries.map(
    ({ path, names, options }) =>
      `    "${path}") words="${[...names, ...options.map(({ name }) => name)].join(' ')}" ;;`,
  );
  const values = entries.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.values === undefined
        ? []
        : [`    "${path} ${option.name}") values="${option.values.join(' ')}" ;;`],
    ),
  );
  return [
    '_skerry_words() {',
    '  case "$1" in',
    ...words,
    '    *) return 1 ;;',
    '  esac',
    '}',
    '_skerry_values() {',
    '  case "$1" in',
    ...values,
    '    *) return 1 ;;',
    '  esac',
    '}',
    '_skerry() {',
    '  local word path="" words="" values="" last="${COMP_WORDS[COMP_CWORD]}"',
    '  _skerry_words ""',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    _skerry_words "${path:+$path }$word" && path="${path:+$path }$word"',
    '  done',
    '  if _skerry_values "$path ${COMP_WORDS[COMP_CWORD-1]}"; then words="$values"; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$last"))',
    '  [[ ${#COMPREPLY[@]} -gt 0 || $last == -* ]] || COMPREPLY=($(compgen -f -- "$last"))',
    '}',
    'complete -o filenames -F _skerry skerry',
    '',
  ].join('\n');
}

function fishScript(program: Command): string {
  const lines = entriesOf(program, '').flatMap(({ path, names, options }) => {
    const seen =
      path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
    return [
      ...names.map((name) => `complete -c skerry -n '${seen}' -a ${name}`),
      ...options.map(({ name, values }) => {
        const taken =
          values === undefined ? '' : values.length === 0 ? ' -r' : ` -x -a '${values.join(' ')}'`;
        return `complete -c skerry -n '${seen}' -l ${name.slice(2)}${taken}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}
