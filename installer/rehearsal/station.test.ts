import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testFolder } from '../../content/testing/folder.ts';
import { lastWords, Station } from './station.ts';

const signal = AbortSignal.timeout(60_000);

async function stationOf(context: TestContext, script: string): Promise<Station> {
  const folder = await testFolder('station');
  const file = join(folder, 'program.cjs');
  await writeFile(file, script);
  const env = { PATH: process.env.PATH, KUBECONFIG: '/somebody/else', HOME: '/somebody' };
  const program = { file: process.execPath, args: [file] };
  const station = await Station.open({ folder, name: 'first', program, env });
  context.after(() => station.close());
  return station;
}

test('a station runs the program with a home of its own, and hears what it says', async (context) => {
  const station = await stationOf(
    context,
    `const { HOME, KUBECONFIG, EXTRA } = process.env;
     console.log(JSON.stringify({ HOME, KUBECONFIG, EXTRA, args: process.argv.slice(2) }));
     console.error(JSON.stringify({ error: { code: 'FIRST' } }));
     console.error('words');
     console.error(JSON.stringify({ error: { code: 'LAST' } }));
     process.exitCode = 4;`,
  );
  const outcome = await station.run(['upgrade', 'x'], signal, { EXTRA: 'yes' });
  const said = JSON.parse(outcome.stdout);
  assert.match(said.HOME, /\/first$/);
  assert.deepEqual(
    [said.KUBECONFIG, said.EXTRA, said.args],
    [undefined, 'yes', ['upgrade', 'x', '--output', 'json']],
  );
  assert.deepEqual([outcome.exitCode, outcome.codes], [4, ['FIRST', 'LAST']]);
  assert.match(lastWords(outcome), /^exit code 4: .*LAST/s);
});

test('a run is killed, and what is stopped from outside ends', async (context) => {
  const station = await stationOf(context, 'setInterval(() => {}, 1000)');
  const run = station.start([], signal);
  run.kill('SIGKILL');
  assert.equal((await run.done).exitCode, undefined);
  const stop = new AbortController();
  const stopped = station.run([], AbortSignal.any([signal, stop.signal]));
  stop.abort(new Error('stopped'));
  await assert.rejects(stopped, /stopped/);
});

test('a program that leaves a child behind with its pipes has ended when it has', async (context) => {
  const station = await stationOf(
    context,
    `const { spawn } = require('node:child_process');
     const child = spawn('sleep', ['5'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
     child.unref();
     console.error('left');`,
  );
  const started = performance.now();
  const outcome = await station.run([], signal);
  assert.equal(outcome.exitCode, 0);
  assert.ok(performance.now() - started < 4500);
});
