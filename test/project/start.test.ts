import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { bundleCode } from '../../scripts/bundle-code.ts';

const run = promisify(execFile);
const Loaded = z.object({ bytes: z.int(), builtins: z.array(z.string()) });

/** What a command loads before it does anything, as long as it is short: 40 ms and 40 MB are Node's own. */
const LIGHT = [
  ...[['--version'], ['--help'], ['bundle', '--help'], ['registry', 'user'], ['nothing-such']],
  ...[
    ['install', '--help'],
    ['mirror', 'run', '--help'],
    ['fleet', 'rollout', 'start', '--help'],
    ['hub', '--help'],
  ],
];
const LIGHT_BYTES = 120_000;
/** Each of these takes its time and memory. */
const HEAVY = ['child_process', 'crypto', 'http', 'http2', 'net', 'sqlite', 'tls', 'worker_threads', 'zlib'];

describe('a command line', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skerry-start-'));
    await bundleCode(join(folder, 'code'));
    await writeFile(join(folder, 'count.mjs'), COUNT);
  });
  after(async () => await rm(folder, { recursive: true }));

  /** Bytes of code that a command line makes Node read, and which of Node's own modules. */
  async function loadedBy(args: readonly string[]) {
    const count = ['--import', join(folder, 'count.mjs')];
    const program = [...count, join(folder, 'code', 'skerry.mjs'), ...args];
    const { stderr } = await run(process.execPath, program, { env: {} }).catch(outputOf);
    return Loaded.parse(JSON.parse(stderr.split('\n').at(-1) ?? ''));
  }

  for (const args of LIGHT) {
    test(`that is answered from names alone loads next to nothing: skerry ${args.join(' ')}`, async () => {
      const { bytes, builtins } = await loadedBy(args);
      assert.ok(builtins.includes('events'), `${builtins}`);
      assert.ok(bytes > 0 && bytes < LIGHT_BYTES, `${bytes} bytes`);
      assert.deepEqual(
        HEAVY.filter((name) => builtins.includes(name)),
        [],
      );
    });
  }

  test('that kubectl runs before each of its calls loads a token, and no client of anything', async () => {
    const { bytes, builtins } = await loadedBy(['kubectl-credential', '--hub', 'https://hub.example:8443']);
    // zod is two thirds of it.
    assert.ok(bytes > 2 * LIGHT_BYTES && bytes < 4 * LIGHT_BYTES, `${bytes} bytes`);
    assert.deepEqual(
      ['child_process', 'http', 'http2', 'net', 'sqlite', 'tls', 'worker_threads'].filter((name) =>
        builtins.includes(name),
      ),
      [],
    );
  });

  test('that asks for completion has it from what was made beforehand', async () => {
    const { bytes } = await loadedBy(['completion', 'bash']);
    // It grows with every command and option, and is one text; the whole program would be ten times that.
    assert.ok(bytes < 3 * LIGHT_BYTES, `${bytes} bytes`);
  });
});

function outputOf(error: unknown): { stderr: string } {
  return z.object({ stderr: z.string() }).parse(error);
}

// Beside Node's own start, what is counted is what the program's modules ask for.
const COUNT = `
import { statSync } from 'node:fs';
import { registerHooks } from 'node:module';
let bytes = 0;
const builtins = new Set();
registerHooks({
  load: (url, context, next) => {
    if (url.startsWith('node:')) builtins.add(url.slice(5));
    else bytes += statSync(new URL(url)).size;
    return next(url, context);
  },
});
process.once('exit', () => process.stderr.write('\\n' + JSON.stringify({ bytes, builtins: [...builtins] })));
`;
