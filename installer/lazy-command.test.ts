import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { type LazyEntry, loadCommands } from './lazy-command.ts';

function entries(loaded: string[]): LazyEntry[] {
  const leaf = (name: string): LazyEntry => ({
    name,
    description: `does ${name}`,
    load: async () => {
      loaded.push(name);
      return new Command(name).option('--loaded');
    },
  });
  return [{ name: 'group', description: 'some', commands: [leaf('one'), leaf('two')] }, leaf('three')];
}

for (const [line, expected] of [
  ['', []],
  ['--help', []],
  ['nothing-such', []],
  ['group', []],
  ['group two --flag', ['two']],
  ['--output json group one three', ['one']],
  ['help group two', ['two']],
  ['group help one', ['one']],
  ['three group one', ['three']],
] as const) {
  test(`of "${line}" just what it names is loaded, and everything has its name`, async () => {
    const loaded: string[] = [];
    const commands = await loadCommands(entries(loaded), line.split(' '));
    assert.deepEqual(loaded, expected);
    assert.deepEqual(
      commands.map((command) => [command.name(), ...command.commands.map((child) => child.name())]),
      [['group', 'one', 'two'], ['three']],
    );
    const whole = [...commands, ...commands.flatMap((command) => command.commands)].filter(
      ({ options }) => options.length > 0,
    );
    assert.deepEqual(
      whole.map((command) => command.name()),
      expected,
    );
  });
}

test('everything can be loaded at once', async () => {
  const loaded: string[] = [];
  await loadCommands(entries(loaded), 'everything');
  assert.deepEqual(loaded, ['one', 'two', 'three']);
});
