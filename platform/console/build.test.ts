import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { consoleFiles } from '../hub/console/console-files.ts';
import { packFiles } from '../hub/http/embedded-file.ts';
import { buildConsole, bundleConsole, type ConsoleBundle } from './build.ts';

/** What a browser loads before it shows anything, gzipped. */
const FIRST_BYTES = 200_000;

describe('the console', { timeout: 120_000 }, () => {
  let bundle: ConsoleBundle;
  before(async () => {
    bundle = await bundleConsole();
  });

  const textOf = (path: string) =>
    bundle.outputs.find((output) => output.path === path)?.text ?? assert.fail(path);

  test('is no more than 200 kB of scripts before anything is shown, and has its editor elsewhere', () => {
    const bytes = bundle.first.reduce((sum, path) => sum + gzipSync(textOf(path), { level: 9 }).length, 0);
    assert.ok(bytes > 50_000 && bytes <= FIRST_BYTES, String(bytes));
    assert.ok(bundle.first.every((path) => !textOf(path).includes('cm-editor')));
    assert.ok(bundle.outputs.some(({ text }) => text.includes('cm-editor')));
  });

  test('names in its page every script that comes first, and its style', () => {
    for (const path of bundle.first) assert.ok(bundle.page.includes(`/ui/${path}`), path);
    assert.match(bundle.page, /<link rel="stylesheet" href="\/ui\/main-\w+\.css">/);
    assert.doesNotMatch(bundle.page, /https?:|<script>|style=/);
  });

  test('fetches nothing from elsewhere by its style, and makes no code of text', () => {
    const styles = bundle.outputs.filter(({ path }) => path.endsWith('.css'));
    assert.ok(styles.length > 0);
    for (const { text } of styles) assert.doesNotMatch(text, /url\(|@import/);
    for (const { path, text } of bundle.outputs.filter(({ path }) => path.endsWith('.js')))
      assert.doesNotMatch(text, /\bnew Function\(|[^.\w]eval\(/, path);
  });

  test('speaks English alone: what came with other languages is left out', () => {
    assert.doesNotMatch(bundle.outputs.map(({ text }) => text).join(''), /Verfügbar|利用可能/);
  });

  test('has the same bytes each time', async () => {
    assert.deepEqual(await bundleConsole(), bundle);
  });

  test('is what a hub serves that runs from its sources', async () => {
    const files = await consoleFiles();
    assert.deepEqual(
      new Set(files.keys()),
      new Set([...bundle.outputs.map(({ path }) => path), 'index.html']),
    );
    assert.equal(packFiles(await buildConsole()), packFiles([...files.values()]));
  });
});
