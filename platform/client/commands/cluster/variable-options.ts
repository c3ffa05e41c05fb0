import type { Command } from 'commander';
import { type Assignment, collect, parseAssignment } from '../../options.ts';

/** The options that set variables of a cluster's profiles. */
export interface VariableFlags {
  readonly setVariable: readonly Assignment[];
  readonly setSecret: readonly Assignment[];
}

export function withVariables(command: Command): Command {
  return command
    .option(
      '--set-variable <name=value>',
      'a variable of the profile; may be repeated',
      collect(parseAssignment),
      [],
    )
    .option(
      '--set-secret <name=secret/key>',
      'a sensitive variable, from a Secret of the project; may be repeated',
      collect(parseAssignment),
      [],
    );
}
