import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { exclusively } from './mutex.ts';

const key = `mutex test of ${process.pid}`;

it('Actions under one key run one after the other, and an action that fails lets the next one run', async () => {
  const running: string[] = [];
  const action = (name: string) => async () => {
    running.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    running.push(`${name} ends`);
    if (name === 'first') throw new Error('first fails');
  };
  const first = exclusively(key, {}, action('first'));
  const second = exclusively(key, {}, action('second'));
  await assert.rejects(first, /first fails/);
  await second;
  assert.deepEqual(running, ['first begins', 'first ends', 'second begins', 'second ends']);
});

it('The lock of a process that was killed is free', async () => {
  const holder = `import { exclusively } from ${JSON.stringify(join(import.meta.dirname, 'mutex.ts'))};
    exclusively(${JSON.stringify(key)}, {}, async () => { console.log('held'); await new Promise((done) => setTimeout(done, 60000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder]);
  await once(child.stdout, 'data');
  let waited = false;
  const mine = exclusively(
    key,
    {
      onWait: () => {
        waited = true;
        child.kill('SIGKILL');
      },
    },
    async () => 'mine',
  );
  assert.equal(await mine, 'mine');
  assert.equal(waited, true);
});

it('Waiting for a lock can be given up', async () => {
  const controller = new AbortController();
  await exclusively(key, {}, async () => {
    const onWait = () => controller.abort();
    await assert.rejects(
      exclusively(key, { signal: controller.signal, onWait }, async () => 'never'),
      {
        name: 'AbortError',
      },
    );
  });
});
