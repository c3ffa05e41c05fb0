import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../../registry/gc/duration.ts';

/** How often something is done, in milliseconds. */
export type Every = number | 'off';

/**
 * A parser for an option that says how often: a duration of at least `least` milliseconds, or off. Off has a value of
 * its own, as commander makes an empty text of undefined.
 */
export function parseEvery(least: number, examples: string): (text: string) => Every {
  return (text) => {
    if (text === 'off') return 'off';
    const every = parseDuration(text);
    if (every === undefined || every < least) throw new InvalidArgumentError(`${examples}; or off`);
    return every;
  };
}
