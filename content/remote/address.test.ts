import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../error.ts';
import { originOf } from './address.ts';

test('an address is HTTPS unless it says otherwise or is this machine', () => {
  const origins: Record<string, string> = {
    'registry.example': 'https://registry.example',
    'registry.example:5000': 'https://registry.example:5000',
    'http://registry.example:5000': 'http://registry.example:5000',
    'https://localhost:5000': 'https://localhost:5000',
    'localhost:5000': 'http://localhost:5000',
    '127.0.0.1:5000': 'http://127.0.0.1:5000',
    '127.0.0.1:443': 'http://127.0.0.1:443',
    '[::1]:5000': 'http://[::1]:5000',
    '127.0.0.1.example': 'https://127.0.0.1.example',
    'docker.io': 'https://registry-1.docker.io',
    'index.docker.io': 'https://registry-1.docker.io',
  };
  for (const [address, origin] of Object.entries(origins)) assert.equal(originOf(address), origin, address);
});

test('a password in an address is not told', () => {
  for (const address of ['https://user:hunter2@registry.example', 'user:hunter2@registry.example/x'])
    assert.throws(
      () => originOf(address),
      (error) => isSkerryError(error, 'REFERENCE_INVALID') && !error.message.includes('hunter2'),
    );
});

test('what is more or less than an address is refused', () => {
  for (const wrong of [
    '',
    'registry.example/team',
    'registry.example?x',
    'registry.example#x',
    'user@registry.example',
    'http://:secret@registry.example',
    'ftp://registry.example',
    'registry.example:99999',
    'two words',
  ]) {
    assert.throws(
      () => originOf(wrong),
      (error) => isSkerryError(error, 'REFERENCE_INVALID'),
      wrong,
    );
  }
});
