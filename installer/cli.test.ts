import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { runCli } from './cli.ts';

async function said(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCli(args, { stdout, stderr, stdin: new PassThrough(), env: {} });
  stdout.end();
  stderr.end();
  const [out, err] = await output;
  return { exitCode, out, err };
}

test('a command that is not understood is an error like any other, in JSON where that was asked for', async () => {
  const wrong = ['registry', 'gc', '--nothing-such'];
  const asText = await said(...wrong);
  assert.equal(asText.exitCode, 2);
  assert.match(asText.err, /^error: unknown option '--nothing-such'/);
  for (const asked of [['--output', 'json'], ['--output=json']]) {
    const asJson = await said(...wrong, ...asked);
    assert.equal(asJson.exitCode, 2);
    const { error } = JSON.parse(asJson.err);
    assert.equal(error.code, 'USAGE');
    assert.match(error.detail, /^unknown option '--nothing-such'/);
  }
});

test('help and the version are no errors', async () => {
  assert.deepEqual([(await said('--help')).exitCode, (await said('--version')).exitCode], [0, 0]);
  for (const asked of [
    ['registry', 'gc', '--help'],
    ['help', 'registry', 'gc'],
    ['registry', 'help', 'gc'],
  ])
    assert.match((await said(...asked)).out, /Usage: skerry registry gc/);
  assert.equal((await said('help', 'registry', 'nothing-such')).exitCode, 2);
});
