import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, parsePasswordHash, verifyPassword } from './password-hash.ts';

const SALT = Buffer.alloc(16, 7);
const CUT_OFF = '05$qJN9tK0uQmTbmYQnWKXxBe';

async function fits(password: string, text: string): Promise<boolean> {
  const hash = parsePasswordHash(text);
  assert.ok(hash, text);
  return await verifyPassword(password, hash);
}

test('a hash of ours fits its password and no other', async () => {
  const hash = await hashPassword('secret', SALT);
  assert.equal(await fits('secret', hash), true);
  assert.equal(await fits('Secret', hash), false);
});

test("htpasswd's bcrypt hashes fit in each of their three forms", async () => {
  const made = '$2y$05$Fc.5qy57qOURflLEXOaDcONC0Hq7T6oMs5cIX217ZUGuRxxJK/L.6';
  for (const form of ['$2y$', '$2a$', '$2b$']) {
    const hash = made.replace('$2y$', form);
    assert.equal(await fits('x', hash), true, form);
    assert.equal(await fits('y', hash), false, form);
  }
});

test('where no password is, none fits', async () => {
  for (const password of ['', '!', 'x']) assert.equal(await fits(password, '!'), false);
});

test('a hash that is none, or that would take too much memory or time, is refused', () => {
  const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
  const hash = 'A'.repeat(43);
  const rest = 'Fc.5qy57qOURflLEXOaDcONC0Hq7T6oMs5cIX217ZUGuRxxJK/L.6';
  assert.ok(parsePasswordHash(`$scrypt$ln=15,r=8,p=1$${salt}$${hash}`));
  assert.ok(parsePasswordHash(`$2b$12$${rest}`));
  for (const text of [
    '',
    'plain',
    '*',
    `$2y$${CUT_OFF}`,
    `$2b$31$${rest}`,
    `$2b$15$${rest}`,
    `$2b$03$${rest}`,
    `$2x$05$${rest}`,
    `$apr1$salt$${hash}`,
    `$scrypt$ln=30,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=15,r=0,p=1$${salt}$${hash}`,
    `$scrypt$ln=15,r=8,p=1$${salt}$short`,
  ]) {
    assert.equal(parsePasswordHash(text), undefined, text);
  }
});
