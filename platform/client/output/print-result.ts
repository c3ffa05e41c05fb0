import { stringify } from 'yaml';
import type { Output, Terminal } from './terminal.ts';

/** Prints a result in the form that was asked for. */
export function printResult(
  { stdout }: Pick<Terminal, 'stdout'>,
  output: Output,
  value: unknown,
  text: () => string,
): void {
  if (output === 'json') stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  else if (output === 'yaml') stdout.write(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  else stdout.write(`${text().replace(/\n+$/, '')}\n`);
}

/** As printResult, for one of many: a line of JSON, or a document of YAML. */
export function printEvent(
  terminal: Pick<Terminal, 'stdout'>,
  output: Output,
  value: unknown,
  text: () => string,
): void {
  if (output === 'json') terminal.stdout.write(`${JSON.stringify(value)}\n`);
  else {
    if (output === 'yaml') terminal.stdout.write('---\n');
    printResult(terminal, output, value, text);
  }
}
