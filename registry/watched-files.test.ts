import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { watchFiles } from './watched-files.ts';

async function watch(
  t: TestContext,
  {
    onChange,
    readable = () => true,
  }: { onChange?: (texts: string[]) => void; readable?: () => boolean } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-follow-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const paths = [join(folder, 'a'), join(folder, 'b')] as const;
  for (const path of paths) await writeFile(path, '1');
  const [changes, failures]: [string[], unknown[]] = [[], []];
  const watched = await watchFiles({
    paths,
    read: async () => {
      if (!readable()) throw new Error('EMFILE: too many open files');
      return await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    },
    onChange: onChange ?? ((texts) => changes.push(texts.join())),
    onFailure: (error) => failures.push(error),
    every: 3600_000,
  });
  t.after(watched.stop);
  return { paths, watched, changes, failures };
}

test('files are read again when one of them is rewritten or replaced, and not otherwise', async (t) => {
  const { paths, watched, changes, failures } = await watch(t);
  assert.deepEqual(watched.first, ['1', '1']);
  await watched.look();
  await writeFile(paths[1], '22');
  await watched.look();
  await watched.look();
  await writeFile(`${paths[0]}.new`, '3');
  await rename(`${paths[0]}.new`, paths[0]);
  await watched.look();
  assert.deepEqual([changes, failures], [['1,22', '3,22'], []]);
});

test('a file that is gone is a failure, told once, and read again when it is back', async (t) => {
  const { paths, watched, changes, failures } = await watch(t);
  await rm(paths[0]);
  await watched.look();
  await watched.look();
  assert.equal(failures.length, 1);
  await writeFile(paths[0], 'back');
  await watched.look();
  assert.deepEqual(changes, ['back,1']);
});

test('a read that failed is tried again, also when the files do not change any more', async (t) => {
  let fails = 0;
  const { paths, watched, changes, failures } = await watch(t, { readable: () => fails-- <= 0 });
  await writeFile(paths[0], '22');
  fails = 3;
  for (let looks = 0; looks < 3; looks++) await watched.look();
  assert.deepEqual([changes, failures.length], [[], 1]);
  await watched.look();
  await watched.look();
  assert.deepEqual([changes, failures.length], [['22,1'], 1]);
});

test('what can’t be used is a failure, and what comes next is looked at again', async (t) => {
  const seen: string[] = [];
  const { paths, watched, failures } = await watch(t, {
    onChange: (texts) => {
      if (texts[0] === 'bad') throw new Error('of no use');
      seen.push(texts.join());
    },
  });
  await writeFile(paths[0], 'bad');
  await watched.look();
  await writeFile(paths[0], 'good');
  await watched.look();
  assert.deepEqual([seen, failures.length], [['good,1'], 1]);
});
