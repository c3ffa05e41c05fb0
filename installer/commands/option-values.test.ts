import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { type Command, InvalidArgumentError } from 'commander';
import { createProgram } from '../cli.ts';

const console = { stdout: new PassThrough(), stderr: new PassThrough(), stdin: new PassThrough(), env: {} };

function* commandsOf(command: Command): Generator<Command> {
  yield command;
  for (const each of command.commands) yield* commandsOf(each);
}

// Commander makes an empty text of what a parser has no value for, and that is neither off nor a number.
test('whatever is given to an option is refused or becomes a value of its own', async () => {
  const seen: string[] = [];
  for (const command of commandsOf(await createProgram(console)))
    for (const { long, parseArg } of command.options) {
      if (parseArg === undefined) continue;
      seen.push(`${command.name()} ${long}`);
      for (const text of ['off', '0', '', ' ', '-1', '1', 'none', 'NaN', '1h', '99999999w']) {
        let value: unknown;
        try {
          value = parseArg(text, undefined);
        } catch (error) {
          assert.ok(error instanceof InvalidArgumentError, `${command.name()} ${long} '${text}': ${error}`);
          continue;
        }
        assert.ok(
          value !== undefined && value !== null && value !== '' && !Number.isNaN(value),
          `${command.name()} ${long} '${text}' has no value`,
        );
      }
    }
  assert.ok(seen.includes('serve --gc-every') && seen.includes('serve --scrub-every'), `${seen}`);
});
