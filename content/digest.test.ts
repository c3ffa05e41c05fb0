import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkDigest, DigestChecker, digestOf, hexOf, isDigest, parseDigest } from './digest.ts';
import { isSkerryError } from './error.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('digests are those of the image specification', () => {
  assert.equal(digestOf(''), `sha256:${EMPTY}`);
  assert.equal(hexOf(digestOf('', 'sha512')).length, 128);
  for (const wrong of [
    '',
    EMPTY,
    `sha256:${EMPTY.toUpperCase()}`,
    `sha256:${EMPTY}\n`,
    `sha256:${EMPTY}0`,
    `sha256:../${EMPTY.slice(3)}`,
    `sha512:${EMPTY}`,
    `md5:${EMPTY.slice(32)}`,
  ]) {
    assert.equal(isDigest(wrong), false, JSON.stringify(wrong));
    assert.throws(() => parseDigest(wrong), hasCode('DIGEST_INVALID'));
  }
});

test('a stream in any pieces has the digest of the whole, and one changed byte is seen', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 })),
      fc.constantFrom('sha256' as const, 'sha512' as const),
      fc.nat(),
      (pieces, algorithm, at) => {
        const whole = Buffer.concat(pieces);
        const digest = digestOf(whole, algorithm);
        const checker = new DigestChecker(digest);
        for (const piece of pieces) checker.update(piece);
        checker.finish('whole', whole.byteLength);
        if (whole.byteLength === 0) return;
        const index = at % whole.byteLength;
        whole[index] = (whole[index] ?? 0) ^ 1;
        assert.throws(() => checkDigest(digest, whole, 'changed'), hasCode('DIGEST_MISMATCH'));
      },
    ),
  );
});

test('a wrong size is reported before a wrong digest', () => {
  const checker = new DigestChecker(digestOf('ab'));
  checker.update(Buffer.from('a'));
  assert.throws(() => checker.finish('short', 2), hasCode('SIZE_MISMATCH'));
});

function hasCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
