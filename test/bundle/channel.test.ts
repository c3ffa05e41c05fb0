import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { ensureStick } from '../install/stick.ts';
import { serveRegistryOf } from '../registry/process.ts';
import { failureOf, must, type RunOptions, run } from '../registry/skerry-process.ts';
import { edit, writeSmallRelease } from './small-release.ts';

const Published = z.object({ rootFingerprint: z.string() });
const Listed = z.object({
  releases: z.array(z.object({ version: z.string(), track: z.string(), withdrawn: z.string().optional() })),
  freshness: z.object({ state: z.string() }),
});
const Shown = z.object({ ways: z.array(z.object({ from: z.string(), over: z.array(z.string()) })) });

let home: string;
let built: string;
let env: Record<string, string>;
const stick = (version: string) => join(home, version);

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'skerry-channel-test-'));
  const { program: executable, helm } = await ensureStick();
  built = executable;
  env = { SKERRY_HELM: helm, HOME: home };
  // Stands for the program on the sticks: copying the real one each time would show nothing.
  const program = join(home, 'program');
  await writeFile(program, '#!/bin/sh\n');
  await chmod(program, 0o755);
  await skerry('key', 'generate', 'vendor.key');
  await skerry('key', 'generate', 'second.key');
  for (const version of ['1.2.3', '1.3.0', '1.4.0']) {
    const release = await writeSmallRelease(join(home, `release-${version}`));
    if (version !== '1.2.3') await edit(release, 'version: 1.2.3', `version: ${version}`);
    await skerry(
      'bundle',
      'create',
      release,
      '-o',
      stick(version),
      '--key',
      'vendor.key',
      '--program',
      'program',
    );
  }
});

after(() => rm(home, { recursive: true, force: true }));

function options(): RunOptions {
  return { cwd: home, env };
}

async function skerry(...args: readonly string[]): Promise<string> {
  return await must(built, args, options());
}

async function refused(...args: readonly string[]) {
  const ended = await run(built, [...args, '--output', 'json'], options());
  return { code: failureOf(ended).code, exit: ended.exitCode };
}

describe('a channel, from the vendor to the site', () => {
  let fingerprint: string;
  const at = (place: string) => ['--from', place, '--fingerprint', fingerprint];

  test('is signed by two keys, and put onto a stick and into a registry', async () => {
    await skerry(
      ...['channel', 'init', 'channel', '--product', 'small', '--key', 'vendor.pub'],
      ...['--root-key', 'vendor.pub', '--root-key', 'second.pub', '--root-threshold', '2'],
    );
    await skerry('channel', 'add', 'channel', stick('1.2.3'), '--from', 'none', '--stable');
    await skerry('channel', 'add', 'channel', stick('1.3.0'), '--from', '>=1.2.0 <1.3.0', '--stable');
    await skerry('channel', 'sign', 'channel', '--key', 'vendor.key');
    const publish = ['channel', 'publish', 'channel', '--key', 'vendor.key'];
    assert.deepEqual(await refused(...publish), { code: 'CHANNEL_NOT_SIGNED', exit: 2 });
    await skerry('channel', 'sign', 'channel', '--key', 'second.key');
    await using registry = await serveRegistryOf(built, ['--store', join(home, 'store')]);
    const url = `http://${registry.host}`;
    const out = await skerry(...publish, '--to', stick('1.3.0'), '--to', url, '--output', 'json');
    fingerprint = Published.parse(JSON.parse(out)).rootFingerprint;
    const list = async (place: string) =>
      Listed.parse(JSON.parse(await skerry('channel', 'list', ...at(place), '--output', 'json')));
    const onStick = await list(stick('1.3.0'));
    assert.deepEqual(
      onStick.releases.map(({ version }) => version),
      ['1.2.3', '1.3.0'],
    );
    assert.deepEqual((await list(url)).releases, onStick.releases);
  });

  test('says which stick is one of its releases, and which is not', async () => {
    const verify = ['channel', 'verify', ...at(stick('1.3.0')), '--release'];
    await skerry(...verify, stick('1.3.0'));
    assert.deepEqual(await refused(...verify, stick('1.4.0')), { code: 'CHANNEL_RELEASE_UNKNOWN', exit: 2 });
    const forged = await writeSmallRelease(join(home, 'forged'));
    await edit(forged, 'version: 1.2.3', 'version: 1.3.0');
    await edit(forged, 'A release that is made in a second.', 'Something else.');
    await skerry(
      'bundle',
      'create',
      forged,
      '-o',
      stick('forged'),
      '--key',
      'vendor.key',
      '--program',
      'program',
    );
    assert.deepEqual(await refused(...verify, stick('forged')), {
      code: 'CHANNEL_RELEASE_MISMATCH',
      exit: 3,
    });
    assert.deepEqual(await refused('channel', 'add', 'channel', stick('forged'), '--from', 'none'), {
      code: 'CHANNEL_RELEASE_EXISTS',
      exit: 2,
    });
  });

  test('is followed by who remembers what was seen, and never back', async () => {
    const old = join(home, 'old');
    await cp(stick('1.3.0'), old, { recursive: true, filter: (path) => !path.endsWith('.tar') });
    const seen = ['--state', join(home, 'seen.json')];
    await skerry('channel', 'verify', ...at(old), ...seen);
    await skerry('channel', 'add', 'channel', stick('1.4.0'), '--from', '>=1.3.0 <1.4.0');
    await skerry('channel', 'withdraw', 'channel', 'small/1.2.3', '--reason', 'loses users');
    await skerry('channel', 'promote', 'channel', 'small/1.4.0');
    await skerry('channel', 'sign', 'channel', '--key', 'vendor.key');
    await mkdir(stick('new'));
    await skerry('channel', 'publish', 'channel', '--key', 'vendor.key', '--to', stick('new'));
    const list = await skerry('channel', 'list', '--from', stick('new'), ...seen, '--output', 'json');
    assert.deepEqual(
      Listed.parse(JSON.parse(list)).releases.map(({ version, track, withdrawn }) => [
        version,
        track,
        withdrawn,
      ]),
      [
        ['1.2.3', 'stable', 'loses users'],
        ['1.3.0', 'stable', undefined],
        ['1.4.0', 'stable', undefined],
      ],
    );
    assert.deepEqual(await refused('channel', 'verify', '--from', old, ...seen), {
      code: 'CHANNEL_ROLLED_BACK',
      exit: 3,
    });
    const shown = await skerry(
      'channel',
      'show',
      'small/1.4.0',
      '--from',
      stick('new'),
      ...seen,
      '--output',
      'json',
    );
    assert.deepEqual(Shown.parse(JSON.parse(shown)).ways, [
      { from: '1.2.3', over: ['1.3.0', '1.4.0'] },
      { from: '1.3.0', over: ['1.4.0'] },
    ]);
  });

  test('with other keys is followed from the first root on', async () => {
    await skerry('key', 'generate', 'third.key');
    await skerry('channel', 'keys', 'channel', '--product', 'small', '--key', 'third.pub');
    for (const key of ['vendor.key', 'second.key', 'third.key'])
      await skerry('channel', 'sign', 'channel', '--key', key);
    await skerry('channel', 'publish', 'channel', '--key', 'third.key', '--to', stick('new'));
    assert.ok((await readdir(join(stick('new'), 'channel'))).includes('2.root.json'));
    await skerry('channel', 'verify', ...at(stick('new')));
    await skerry(
      'channel',
      'verify',
      '--from',
      stick('new'),
      '--root',
      join(home, 'channel/metadata/2.root.json'),
    );
  });

  test('that is old is named so, and an upgrade by it has to be allowed', async () => {
    await skerry('channel', 'publish', 'channel', '--key', 'third.key', '--days', '1', '--to', stick('new'));
    const state = z.looseObject({ lastSeen: z.number() });
    const seen = state.parse(JSON.parse(await readFile(join(home, 'seen.json'), 'utf8')));
    await skerry('channel', 'verify', '--from', stick('new'), '--state', 'seen.json');
    // A site that has seen a later day than its clock shows now.
    const later = { ...state.parse(JSON.parse(await readFile(join(home, 'seen.json'), 'utf8'))) };
    const ahead = JSON.stringify({ ...later, lastSeen: seen.lastSeen + 2 * 86_400_000 });
    await mkdir(join(home, 'later'));
    const file = join(home, 'later', 'seen.json');
    await writeFile(file, ahead);
    const verify = ['channel', 'verify', '--from', stick('new'), '--state', file];
    assert.deepEqual(await refused(...verify), { code: 'CHANNEL_EXPIRED', exit: 3 });
    await skerry(...verify, '--accept-expired');
  });
});
