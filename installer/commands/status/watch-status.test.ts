import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { installerError } from '../../errors.ts';
import { describeUpgrade } from '../../record/describe-upgrade.ts';
import { type Installation, InstallationSchema } from '../../record/installation.ts';
import type { Console } from '../../terminal/console.ts';
import { openRedraw } from '../../terminal/redraw.ts';
import { watchStatus } from './watch-status.ts';

const RELEASE = { name: 'demo', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` } as const;
const NEXT = { name: 'demo', version: '1.1.0', digest: `sha256:${'b'.repeat(64)}` } as const;

function consoleOf(isTTY: boolean): { console: Console; said: () => string } {
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const written: string[] = [];
  stdout.on('data', (chunk) => written.push(String(chunk)));
  const [stderr, stdin] = [new PassThrough(), new PassThrough()];
  return { console: { stdout, stderr, stdin, env: {} }, said: () => written.join('') };
}

/** Watches what is given, one after the other, and ends with the last. */
async function watched(states: readonly (string | Error)[], isTTY: boolean): Promise<string> {
  const { console, said } = consoleOf(isTTY);
  const stop = new AbortController();
  const left = [...states];
  await watchStatus({
    read: async () => {
      const next = left.shift();
      if (next instanceof Error) throw next;
      return next ?? '';
    },
    json: (value) => ({ value }),
    text: (value) => `it is ${value}`,
    redraw: openRedraw(console, 'text', () => new Date('2030-01-01T00:00:00Z')),
    everyMs: 1000,
    clock: {
      now: () => 0,
      sleep: async () => {
        if (left.length === 0) stop.abort();
      },
    },
    signal: stop.signal,
  });
  await setImmediate();
  return said();
}

test('without a terminal there is a line of JSON for each change, and none where nothing changed', async () => {
  const away = installerError('NOT_INSTALLED', { subject: 'cluster' });
  const lines = (await watched(['a', 'a', away, away, 'b', 'b'], false)).trim().split('\n');
  const seen = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    seen.map(({ value, problem }) => value ?? problem.code),
    ['a', 'NOT_INSTALLED', 'b'],
  );
  assert.equal(seen[0].at, '2030-01-01T00:00:00.000Z');
});

test('a terminal is drawn over at each look', async () => {
  const said = await watched(['a', 'b'], true);
  assert.equal(said.split('\u001b[H\u001b[2J').length - 1, 2);
  assert.match(said, /it is b\n\n2030-01-01T00:00:00.000Z, Ctrl-C ends this/);
});

test('what Skerry did not expect ends the watch', async () => {
  await assert.rejects(watched([new TypeError('a mistake')], false), /a mistake/);
});

const installation = (more: object): Installation =>
  InstallationSchema.parse({
    ...{ version: 2, state: 'upgrading', release: RELEASE, key: { fingerprint: 'f', pem: 'p' } },
    ...{ phases: [], components: [], namespaces: [], history: [] },
    ...more,
  });
const UPGRADE = {
  ...{ id: 'u', from: RELEASE, to: NEXT, key: { fingerprint: 'f', pem: 'p' }, direction: 'forward' },
  startedAt: '2030-01-01T00:00:00Z',
  components: [],
  phases: [
    { id: 'stage', state: 'done' },
    { id: 'component-hub', state: 'running', by: 'root@desk', startedAt: '2030-01-01T00:05:00Z' },
    { id: 'commit', state: 'waiting' },
  ],
};

test('an upgrade under way is told with its direction, phase, and who runs it since when', () => {
  assert.deepEqual(describeUpgrade(installation({ upgrade: UPGRADE })), [
    'upgrade     from 1.0.0 to 1.1.0, since 2030-01-01T00:00:00Z by root@desk',
    '            1 of 3 phases done; component-hub running since 2030-01-01T00:05:00Z',
  ]);
});

test('one that goes back says so, and why; what can be gone back to is named', () => {
  const reason = { code: 'HEALTH_TIMEOUT', message: 'hub did not become healthy' };
  const previous = {
    ...{ release: RELEASE, key: { fingerprint: 'f', pem: 'p' }, components: [] },
    checkpoint: { repository: 'skerry/checkpoints', tag: 't', digest: RELEASE.digest },
    upgradedAt: '2029-01-01T00:00:00Z',
  };
  const lines = describeUpgrade(
    installation({ upgrade: { ...UPGRADE, direction: 'back', reason }, previous }),
  );
  assert.match(lines[0] ?? '', /^upgrade {5}from 1\.1\.0 BACK to 1\.0\.0/);
  assert.match(lines[2] ?? '', /HEALTH_TIMEOUT: hub did not become healthy/);
  assert.match(lines[3] ?? '', /^previous {4}demo 1\.0\.0, until 2029-01-01.*skerry rollback/);
});
