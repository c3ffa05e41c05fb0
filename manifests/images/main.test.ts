import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';

const MAIN = new URL('main.ts', import.meta.url).pathname;

for (const args of [['nosuchimage'], ['--nosuchoption']]) {
  test(`the command refuses ${args[0]} before it builds anything`, async () => {
    const { exitCode, stderr } = await execa(process.execPath, [MAIN, ...args], { reject: false });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^IMAGE_USAGE: /);
  });
}
