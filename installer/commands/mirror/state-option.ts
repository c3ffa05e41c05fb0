import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../../registry/gc/duration.ts';

export interface StateOption {
  readonly state?: string;
}

export function addStateOption(command: Command): Command {
  return command.option(
    '--state <file>',
    'where runs are remembered; below $XDG_STATE_HOME or ~/.local/state otherwise',
  );
}

/** A duration such as 90s, 30m, 24h or 7d, in milliseconds. */
export function parseAge(text: string): number {
  const ms = parseSpan(text);
  if (ms === 0) throw new InvalidArgumentError(DURATION);
  return ms;
}

/** The same, or none at all: 0s. */
export function parseSpan(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(DURATION);
  return ms;
}

const DURATION = 'a duration such as 90s, 30m, 24h or 7d';
