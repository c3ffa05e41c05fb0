import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { seal, unseal } from './seal.ts';

const key = randomBytes(32);
const parts = [Buffer.from('head'), randomBytes(1000), Buffer.alloc(0)];
const unreadable = { code: 'CHECKPOINT_UNREADABLE' };

describe('sealed parts', () => {
  test('come back as they were, and are the same for the same content alone', () => {
    const sealed = seal(key, parts);
    assert.deepEqual(unseal(key, sealed), parts);
    assert.deepEqual(seal(key, parts), sealed);
    const other = seal(key, [Buffer.from('Head'), ...parts.slice(1)]);
    assert.notDeepEqual(other.salt, sealed.salt);
    assert.notDeepEqual(other.parts[1], sealed.parts[1]);
  });

  test('are refused with another key, or with any byte changed, or in another order', () => {
    const { salt, parts: sealed } = seal(key, parts);
    assert.throws(() => unseal(randomBytes(32), { salt, parts: sealed }), unreadable);
    for (const [index, part] of sealed.entries()) {
      for (const place of [0, part.byteLength - 1]) {
        const bytes = Buffer.from(part);
        bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
        assert.throws(() => unseal(key, { salt, parts: sealed.with(index, bytes) }), unreadable);
      }
    }
    assert.throws(() => unseal(key, { salt, parts: sealed.toReversed() }), unreadable);
    const changed = Buffer.from(salt);
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
    assert.throws(() => unseal(key, { salt: changed, parts: sealed }), unreadable);
    assert.throws(() => unseal(key, { salt: salt.subarray(1), parts: sealed }), unreadable);
    assert.throws(() => unseal(key, { salt, parts: [Buffer.from('short')] }), unreadable);
  });
});
