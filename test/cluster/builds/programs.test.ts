import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isSkerryError } from '../../../content/error.ts';
import { ensureHost } from '../host.ts';
import { type ProgramName, programs } from './program.ts';
import { ensurePrograms, programCache } from './programs.ts';

describe('a program', () => {
  let cache: string;

  before(async () => {
    await ensureHost({ install: true, groups: ['build'] });
    cache = await mkdtemp(join(tmpdir(), 'skerry-programs-'));
  });

  after(() => rm(cache, { recursive: true }));

  it('is built once, even when it is asked for twice at the same time, and then comes from the cache', async () => {
    const said: string[] = [];
    const options = { cache, onProgress: (line: string) => said.push(line) };
    const [first, second] = await Promise.all([
      ensurePrograms(['pause'], options),
      ensurePrograms(['pause'], options),
    ]);
    assert.deepEqual(first, second);
    assert.equal(said.filter((line) => line.startsWith('built ')).length, 1);
    said.length = 0;
    assert.deepEqual(await ensurePrograms(['pause'], options), first);
    assert.deepEqual(said, []);
    assert.deepEqual(await readdir(join(cache, 'tmp')), [], 'no work is left over');
  });

  it('that is interrupted while it is built leaves nothing in the cache', async () => {
    const empty = join(cache, 'interrupted');
    const options = { cache: empty, signal: AbortSignal.abort() };
    await assert.rejects(ensurePrograms(['pause'], options));
    assert.deepEqual(await readdir(join(empty, 'programs')).catch(() => []), []);
  });

  it('that cannot be built says so with the end of the output', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      await assert.rejects(ensurePrograms(['pause'], { cache: join(cache, 'no-go') }), (error) =>
        isSkerryError(error, 'PROGRAM_BUILD_FAILED'),
      );
    } finally {
      process.env.PATH = path;
    }
  });

  it('names where its official release and the checksum of it are, over HTTPS', () => {
    for (const [name, program] of Object.entries(programs)) {
      const release = 'release' in program ? program.release('amd64') : undefined;
      if (release === undefined) continue;
      assert.ok(URL.canParse(release.url) && URL.canParse(release.checksum), name);
      assert.match(release.url, /^https:.*amd64|^https:.*x86_64/, name);
      assert.ok(release.url.includes(program.version), name);
    }
  });
});

describe('the cache of programs', () => {
  it('is where the environment says', () => {
    assert.equal(programCache({ SKERRY_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
    assert.equal(programCache({ XDG_CACHE_HOME: '/b' }), '/b/skerry');
    assert.match(programCache({}), /\/\.cache\/skerry$/);
  });

  it('has one place for each program, also where two are one package with other flags', () => {
    const [now, next] = [programs.kubelet, programs['kubelet-next']];
    assert.deepEqual([now.module, now.package], [next.module, next.package]);
    assert.notEqual(now.ldflags, next.ldflags);
    const names = Object.keys(programs) as ProgramName[];
    const versions = names.map((name) => `${name} ${programs[name].version}`);
    assert.equal(new Set(versions).size, names.length);
  });
});
