import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { folderSource } from './folder-source.ts';

const LIMIT = 1000;
const coded = (code: string) => (error: unknown) => isSkerryError(error, code);

describe('a channel’s folder on a stick that somebody else has made', () => {
  const place = async () => {
    const folder = await testFolder('hostile-channel');
    const source = folderSource(folder);
    return {
      path: join(folder, 'timestamp.json'),
      folder,
      read: (file = 'timestamp.json') => source.read(file, LIMIT, AbortSignal.timeout(20_000)),
    };
  };

  test('gives files, also larger than one piece, and undefined where there is none', async () => {
    const { path, folder } = await place();
    const text = 'x'.repeat(200_000);
    await writeFile(path, text);
    const bytes = await folderSource(folder).read('timestamp.json', 1_000_000, AbortSignal.timeout(20_000));
    assert.equal(Buffer.from(bytes ?? '').toString(), text);
    assert.equal(
      await folderSource(folder).read('1.root.json', LIMIT, AbortSignal.timeout(20_000)),
      undefined,
    );
  });

  test('a link to a device without end is refused', async () => {
    const { path, read } = await place();
    await symlink('/dev/zero', path);
    await assert.rejects(read(), coded('CHANNEL_METADATA_INVALID'));
  });

  test('a pipe that nobody writes to is not waited for', async () => {
    const { path, read } = await place();
    execFileSync('mkfifo', [path]);
    await assert.rejects(read(), coded('CHANNEL_METADATA_INVALID'));
  });

  test('a folder in the place of a file is refused', async () => {
    const { path, read } = await place();
    await mkdir(path);
    await assert.rejects(read(), coded('CHANNEL_METADATA_INVALID'));
  });

  test('a huge file is not read, nor one that has more in it than it says', async () => {
    const { path, read } = await place();
    await writeFile(path, '');
    await truncate(path, 10 * 1024 ** 4);
    await assert.rejects(read(), coded('CHANNEL_TOO_LARGE'));
    const other = await place();
    // It says that it has no bytes.
    await symlink('/proc/self/maps', other.path);
    await assert.rejects(other.read(), coded('CHANNEL_TOO_LARGE'));
  });

  test('no other file is read, whatever it is called', async () => {
    const { read, folder } = await place();
    await writeFile(join(folder, 'secret.json'), '{}');
    for (const file of ['secret.json', '../timestamp.json', '1.../root.json', '/etc/passwd'])
      assert.equal(await read(file), undefined);
  });
});
