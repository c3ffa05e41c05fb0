import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

test('what a page loads of the client needs nothing of Node, and is small', async () => {
  const { outputFiles, errors } = await build({
    stdin: {
      contents:
        "export * from './hub-fetch.ts'; export * from './watch-kinds.ts'; export * from './hub-problem.ts';",
      resolveDir: join(import.meta.dirname),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  assert.deepEqual(errors, []);
  const [file] = outputFiles;
  assert.ok(file !== undefined && file.contents.length < 8_000, `${file?.contents.length} bytes`);
});
