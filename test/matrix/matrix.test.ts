import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_KUBERNETES } from '../cluster/builds/program.ts';
import { programCache } from '../cluster/builds/programs.ts';
import { ensureStick } from '../install/stick.ts';
import { runRow } from './row.ts';

test('where kube-proxy answers no NodePort on 127.0.0.1, the release is refused, and installed with mirror files', async (t) => {
  const result = await runRow(
    { kubernetes: DEFAULT_KUBERNETES, proxy: 'nftables' },
    {
      cache: programCache(process.env),
      stick: await ensureStick(),
      signal: t.signal,
      onProgress: (line) => t.diagnostic(line),
    },
  );
  assert.ok(result.passed, JSON.stringify(result, null, 2));
  assert.match(result.steps[1]?.seen ?? '', /^NODE_PORT_UNANSWERED/);
  assert.deepEqual(
    result.steps.map(({ step }) => step),
    [
      'start',
      'refuse',
      'node files',
      'install',
      'status',
      'origin files',
      'check',
      'later pod',
      'again',
      'uninstall',
    ],
  );
});
