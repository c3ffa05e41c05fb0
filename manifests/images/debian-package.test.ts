import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileNameOf, mayHoldLibraries, parsePackages } from './debian-package.ts';

const STANZAS = `Package: redis-tools
Version: 5:7.0.15-1~deb12u10
Architecture: amd64
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: adduser, libatomic1 (>= 4.8), liblzf1 | liblzf2, perl:any
Description-en: tools
 Depends: not a field, but text
SHA256: ${'ab'.repeat(32)}

Package: only-installed
Status: install ok installed
Version: 1
Architecture: all

`;

test('a stanza is read with the first of alternative dependencies and without versions', () => {
  assert.deepEqual(parsePackages(STANZAS), [
    {
      name: 'redis-tools',
      version: '5:7.0.15-1~deb12u10',
      architecture: 'amd64',
      sha256: 'ab'.repeat(32),
      depends: ['init-system-helpers', 'adduser', 'libatomic1', 'liblzf1', 'perl'],
    },
  ]);
});

test('a package that no list offers, only the machine has, is left out', () => {
  assert.ok(!parsePackages(STANZAS).some(({ name }) => name === 'only-installed'));
});

test('only packages that may hold shared libraries are followed', () => {
  const names = ['libc6', 'zlib1g', 'gcc-12-base', 'libjs-jquery', 'perl', 'adduser', 'zlib1g-dev'];
  assert.deepEqual(names.filter(mayHoldLibraries), ['libc6', 'zlib1g', 'gcc-12-base']);
});

test('the name of a package folder has no colon and tells builds of one version apart', () => {
  const [item] = parsePackages(STANZAS);
  assert.ok(item !== undefined);
  assert.equal(fileNameOf(item), `redis-tools_5%3a7.0.15-1~deb12u10_amd64_${'ab'.repeat(8)}`);
});
