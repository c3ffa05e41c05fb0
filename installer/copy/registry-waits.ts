import type { RegistryWait } from '../../content/remote/client.ts';
import { type Console, isFancy, type OutputFormat } from '../terminal/console.ts';

/**
 * Tells that a registry has asked to be left alone, once for each wait however many requests are in it. `report` shows
 * it on a terminal; elsewhere it is a line on standard error, where errors as JSON have that for themselves.
 */
export function tellWaits(
  console: Console,
  format: OutputFormat,
  report: (text: string) => void,
  now: () => number = () => performance.now(),
): (wait: RegistryWait) => void {
  const until = new Map<string, number>();
  return ({ host, ms }) => {
    if ((until.get(host) ?? 0) > now()) return;
    until.set(host, now() + ms);
    const text = `waiting ${Math.ceil(ms / 1000)} s because ${host} asked for it`;
    if (isFancy(console)) report(text);
    else if (format === 'text') console.stderr.write(`       ${text}\n`);
  };
}
