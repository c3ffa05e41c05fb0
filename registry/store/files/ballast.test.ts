import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileSize } from '../../../content/bytes/blob-file.ts';
import { BALLAST_BYTES, Ballast } from './ballast.ts';

test('ballast is taken where there is plenty of room, also when it was not written to its end', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-ballast-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const ballast = new Ballast(folder, BALLAST_BYTES);
  for (let round = 0; round < 2; round++) {
    await ballast.trim();
    assert.equal(await fileSize(ballast.path), BALLAST_BYTES);
    await writeFile(ballast.path, 'cut off');
  }
});
