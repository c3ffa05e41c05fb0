// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are for a shell to fill in
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { runCli } from '../cli.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-completion-'));
  const stdout = new PassThrough();
  const said = text(stdout);
  const console = { stdout, stderr: new PassThrough(), stdin: new PassThrough(), env: {} };
  assert.equal(await runCli(['completion', 'bash'], console), 0);
  stdout.end();
  await writeFile(join(folder, 'completion.bash'), await said);
  await writeFile(join(folder, 'users'), '');
});
after(async () => await rm(folder, { recursive: true }));

/** What bash offers when the tabulator key is hit after the last of these words. */
function offered(...words: string[]): string[] {
  const script = [
    'source ./completion.bash',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    'COMP_CWORD=$((${#COMP_WORDS[@]} - 1))',
    '_skerry',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
}

test('commands are completed at every level', () => {
  assert.deepEqual(offered('skerry', 'regi'), ['registry']);
  assert.ok(offered('skerry', 'registry', '').includes('serve'));
  assert.deepEqual(offered('skerry', 'registry', 'user', 'ad'), ['add']);
  assert.ok(offered('skerry', '--output', 'json', 'registry', '').includes('gc'));
});

test('options are completed also after the values of others and after names', () => {
  assert.deepEqual(offered('skerry', 'registry', 'serve', '--store', 's1', '--anon'), ['--anonymous-pull']);
  assert.ok(offered('skerry', 'registry', 'user', 'add', 'alice', '--').includes('--robot'));
  assert.deepEqual(offered('skerry', 'registry', 'serve', '--nothing-such'), ['']);
});

test('values of options are what they may be, or files', () => {
  assert.deepEqual(offered('skerry', 'registry', 'usage', '--output', ''), ['text', 'json']);
  assert.deepEqual(offered('skerry', 'registry', 'serve', '--log-format', 'j'), ['json']);
  assert.deepEqual(offered('skerry', 'registry', 'serve', '--users', '').sort(), [
    'completion.bash',
    'users',
  ]);
  assert.deepEqual(offered('skerry', 'completion', 'z'), ['zsh']);
});
