import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { openLayout } from '../../content/layout/layout.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { SKERRY } from '../registry/clients/served-store.ts';
import { freePort } from '../registry/distribution.ts';
import { run, start } from '../registry/skerry-process.ts';

const LIMIT_MS = 60_000;
const Health = z.object({ status: z.string(), running: z.boolean(), next: z.string().optional() });
const StateFile = z.object({
  runs: z.array(z.object({ code: z.string().optional() })),
  next: z.string().optional(),
});

async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(100)) {
    const found = await find().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not come within ${LIMIT_MS / 1000} s`);
}

test('a service runs, tells how it is, ends well when it is stopped, and its state is there for the next one', async () => {
  const folder = await testFolder('service');
  await mkdir(join(folder, 'home'));
  const source = await openLayout(join(folder, 'source'), { create: true });
  await putImage(source, 'app', '1', 'one');
  const file = join(folder, 'mirror.yaml');
  const jobs = [{ name: 'job', from: 'source', to: 'target' }];
  await writeFile(file, stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'served', jobs }));
  const state = join(folder, 'state.json');
  const [node, program] = SKERRY;
  const port = await freePort();
  const yearly = [
    '--every',
    '0 0 1 1 *',
    '--spread',
    '0s',
    '--state',
    state,
    '--listen',
    `127.0.0.1:${port}`,
  ];
  const env = { HOME: join(folder, 'home') };
  const service = start(node, [program, 'mirror', 'run', file, ...yearly, '--at-start'], { env });
  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  const health = await until('a good run', async () => {
    const answer = await get('/health');
    const found = Health.parse(await answer.json());
    return answer.status === 200 && found.status === 'good' && !found.running ? found : undefined;
  });
  assert.match(health.next ?? '', /-01-01T00:00:00/);
  assert.equal((await get('/healthz')).status, 200);
  const metrics = await (await get('/metrics')).text();
  assert.match(metrics, /^skerry_mirror_items_total\{job="job",outcome="done"\} 1$/m);
  assert.match(metrics, /^skerry_mirror_running 0$/m);
  service.kill('SIGTERM');
  const ended = await service.ended;
  assert.equal(ended.exitCode, 0, ended.stderr);
  const target = await openLayout(join(folder, 'target'));
  assert.deepEqual(await target.listTags('app'), ['1']);
  const remembered = StateFile.parse(JSON.parse(await readFile(state, 'utf8')));
  assert.deepEqual(
    [remembered.runs.length, remembered.runs[0]?.code, remembered.next],
    [1, undefined, health.next],
  );
  const status = (...more: string[]) =>
    run(node, [program, 'mirror', 'status', file, '--state', state, ...more], { env });
  const shown = await status();
  assert.deepEqual([shown.exitCode, shown.stdout.includes(health.next ?? '?')], [0, true]);
});

test('what has failed, or has grown old, is seen in the exit code of status', async () => {
  const folder = await testFolder('status');
  const file = join(folder, 'mirror.yaml');
  const jobs = [{ name: 'job', from: 'nowhere', to: 'target' }];
  await writeFile(file, stringify({ apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'old', jobs }));
  const state = join(folder, 'state.json');
  const old = {
    started: '2020-01-01T00:00:00.000Z',
    ended: '2020-01-01T00:01:00.000Z',
    failures: [],
    jobs: [],
  };
  const format = 'skerry-mirror-state-v1';
  const [node, program] = SKERRY;
  const status = async (written: object, ...more: string[]) => {
    await writeFile(state, JSON.stringify({ format, mirror: 'old', ...written }));
    const args = [program, 'mirror', 'status', file, '--state', state, '--output', 'json', ...more];
    return (await run(node, args, { env: { HOME: folder } })).exitCode;
  };
  assert.equal(await status({ runs: [old], lastGood: old.ended }), 0);
  assert.equal(await status({ runs: [old], lastGood: old.ended }, '--max-age', '1h'), 1);
  assert.equal(await status({ runs: [{ ...old, code: 'MIRROR_INCOMPLETE', failures: ['app:1'] }] }), 6);
  assert.equal(await status({ runs: 'damaged' }), 2);
});

test('a run that could not even begin is remembered as failed; one that can’t be remembered says what it did', async () => {
  const folder = await testFolder('remembered');
  const source = await openLayout(join(folder, 'source'), { create: true });
  await putImage(source, 'app', '1', 'one');
  const file = join(folder, 'mirror.yaml');
  const write = async (more: object) => {
    const jobs = [{ name: 'job', from: 'source', to: 'target' }];
    const mirror = { apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'remembered', jobs, ...more };
    await writeFile(file, stringify(mirror));
  };
  const [node, program] = SKERRY;
  const mirror = async (command: string, state: string) =>
    await run(node, [program, 'mirror', command, file, '--state', join(folder, state), '--output', 'json'], {
      env: { HOME: folder },
    });
  await write({});
  // The name leaves no room for that of a temporary file beside it.
  const unwritable = await mirror('run', `${'s'.repeat(236)}.json`);
  const Jobs = z.object({ jobs: z.array(z.object({ done: z.number() })) });
  assert.deepEqual(
    Jobs.parse(JSON.parse(unwritable.stdout)).jobs.map(({ done }) => done),
    [1],
  );
  assert.notEqual(unwritable.exitCode, 0);
  assert.equal((await mirror('run', 'state.json')).exitCode, 0);
  assert.equal((await mirror('status', 'state.json')).exitCode, 0);
  await write({ logins: { file: 'logins.enc', passphraseFile: 'nowhere' } });
  assert.equal((await mirror('run', 'state.json')).exitCode, 2);
  assert.equal((await mirror('status', 'state.json')).exitCode, 6);
});
