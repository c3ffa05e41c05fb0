import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import { linkageOf } from './elf.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-elf-'));
});
after(async () => await rm(folder, { recursive: true }));

test('the libraries of a program are those that the dynamic linker names', async () => {
  const linkage = await linkageOf(process.execPath);
  const { stdout } = await execa('ldd', [process.execPath]);
  const resolved = stdout.split('\n').map((line) => line.trim().split(' ')[0] ?? '');
  assert.ok(linkage !== undefined && linkage.needed.length > 2);
  for (const name of linkage.needed)
    assert.ok(resolved.includes(name) || resolved.some((path) => path.endsWith(`/${name}`)), name);
  assert.ok(linkage.interpreter !== undefined && resolved.includes(linkage.interpreter));
});

test('a file that is no program has no linkage, however short', async () => {
  for (const [name, bytes] of Object.entries({ empty: '', text: '#!/bin/sh\n', magic: '\x7fELF' })) {
    await writeFile(join(folder, name), bytes);
    assert.equal(await linkageOf(join(folder, name)), undefined);
  }
});
