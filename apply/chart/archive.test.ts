import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Header } from 'tar';
import { isSkerryError } from '../../content/error.ts';
import { readChartArchive, writeChartArchive } from './archive.ts';

type Type = 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO' | 'Directory';

/** A tar of entries as they are given, sound or not. */
function tarOf(entries: readonly { path: string; type?: Type; data?: string; linkpath?: string }[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', data = '', linkpath }) => {
    const header = Buffer.alloc(512);
    const entry = { path, type, size: Buffer.byteLength(data), mode: 0o644, mtime: new Date(0) };
    new Header(linkpath === undefined ? entry : { ...entry, linkpath }).encode(header, 0);
    return [header, Buffer.from(data), Buffer.alloc(-Buffer.byteLength(data) & 511)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const CHART = { path: 'app/Chart.yaml', data: 'name: app' };
const isInvalid = (error: unknown) => isSkerryError(error, 'CHART_ARCHIVE_INVALID') && error.subject === 'x';

describe('the archive of a chart', () => {
  test('what is written is read back, whatever the names, and the bytes depend on nothing else', async () => {
    const part = fc
      .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are refused
      .filter((text) => !/[\u0000-\u001f/\\]/.test(text) && text !== '.' && text !== '..')
      .filter((text) => Buffer.from(text).toString() === text);
    const path = fc.array(part, { minLength: 2, maxLength: 5 }).map((parts) => `f/${parts.join('/')}`);
    const files = fc.dictionary(path, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(files, async (random) => {
        const contents = new Map(Object.entries(random).map(([name, data]) => [name, Buffer.from(data)]));
        const all = new Map([['Chart.yaml', Buffer.from('name: app')], ...contents]);
        const archive = await writeChartArchive('app', all);
        const read = await readChartArchive(archive, 'x');
        assert.deepEqual(new Map([...read].sort()), new Map([...all].sort()));
        assert.ok((await writeChartArchive('app', all)).equals(archive));
      }),
      { numRuns: 50 },
    );
  });

  const hostile: [string, Parameters<typeof tarOf>[0]][] = [
    ['a path that climbs', [CHART, { path: 'app/../../etc/passwd' }]],
    ['an absolute path', [CHART, { path: '/etc/passwd' }]],
    ['a drive', [CHART, { path: 'C:/x/y' }]],
    ['backslashes', [CHART, { path: 'app\\..\\x' }]],
    ['a symbolic link', [CHART, { path: 'app/x', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
    ['a hard link', [CHART, { path: 'app/x', type: 'Link', linkpath: 'app/Chart.yaml' }]],
    ['a device', [CHART, { path: 'app/x', type: 'CharacterDevice' }]],
    ['a pipe', [CHART, { path: 'app/x', type: 'FIFO' }]],
    ['a file beside the folder', [CHART, { path: 'other/x' }]],
    ['a file without a folder', [CHART, { path: 'x' }]],
    ['a file twice', [CHART, CHART]],
    ['no Chart.yaml', [{ path: 'app/values.yaml' }]],
    ['nothing', []],
  ];
  for (const [what, entries] of hostile) {
    test(`${what} is refused`, async () => {
      await assert.rejects(readChartArchive(tarOf(entries), 'x'), isInvalid);
    });
  }

  test('folders are no files, and a leading ./ is none of the path', async () => {
    const archive = tarOf([
      { path: './app/', type: 'Directory' },
      { ...CHART, path: './app/Chart.yaml' },
    ]);
    assert.deepEqual([...(await readChartArchive(archive, 'x')).keys()], ['Chart.yaml']);
  });

  test('a small archive that unpacks to very much is refused before it has', async () => {
    const bomb = gzipSync(Buffer.alloc(400 * 1024 * 1024), { level: 1 });
    await assert.rejects(readChartArchive(bomb, 'x'), isInvalid);
  });

  test('whatever is cut off or damaged is refused or read, never anything else', async () => {
    const whole = await writeChartArchive('app', new Map([['Chart.yaml', Buffer.alloc(3000, 'a')]]));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const bytes = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) bytes[at] = byte;
        await readChartArchive(bytes, 'x').catch((error) => assert.ok(isInvalid(error), String(error)));
      }),
      { numRuns: 200 },
    );
  });
});
