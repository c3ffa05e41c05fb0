import { type Command, InvalidArgumentError, Option } from 'commander';

export interface ProjectOptions {
  readonly project?: string;
}

export function withProject(command: Command): Command {
  return command.option('--project <name>', '$SKERRY_PROJECT or the project of the login otherwise');
}

export interface ListFlags extends ProjectOptions {
  readonly allProjects?: boolean;
  readonly selector?: string;
  readonly watch?: boolean;
}

export function withList(command: Command): Command {
  return withProject(command)
    .addOption(new Option('--all-projects', 'of all projects').conflicts('project'))
    .option('--selector <labels>', 'only those with these labels, e.g. site=north,tier!=test')
    .option('--watch', 'go on with every change, until Ctrl-C');
}

export function withYes(command: Command): Command {
  return command.option('--yes', 'do not ask');
}

export function timeoutOption(seconds: number): Option {
  return new Option('--timeout <seconds>', 'how long to wait at most')
    .argParser(parseSeconds)
    .default(seconds);
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 604_800)
    throw new InvalidArgumentError('seconds, from 0 to 604800');
  return seconds;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0 || count > 1_000_000)
    throw new InvalidArgumentError('a whole number');
  return count;
}

/** A profile and one of its versions. */
export interface ProfileVersionName {
  readonly name: string;
  readonly version: string;
}

export function parseProfileVersion(text: string): ProfileVersionName {
  const [, name = '', version = ''] = /^([a-z0-9-]+)@([0-9a-z.-]+)$/.exec(text) ?? [];
  if (version === '') throw new InvalidArgumentError('a profile as NAME@VERSION');
  return { name, version };
}

/** One value of several that an option may be given. */
export function collect<T>(parse: (text: string) => T): (text: string, earlier: readonly T[]) => T[] {
  return (text, earlier) => [...earlier, parse(text)];
}

export interface Assignment {
  readonly name: string;
  readonly value: string;
}

export function parseAssignment(text: string): Assignment {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('NAME=VALUE');
  return { name, value };
}
