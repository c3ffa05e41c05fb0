import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, verify as verifyBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isSkerryError } from '../../content/error.ts';
import { encode } from './canonical.ts';
import { digestOf, sign, verify } from './dsse.ts';
import { fingerprint } from './fingerprint.ts';

const TYPE = 'application/vnd.skerry.test+json';
const code = (wanted: string) => (error: unknown) => isSkerryError(error, wanted);
const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = () => generateKeyPairSync('ed25519');

describe('a signed text', () => {
  for (const [name, make] of Object.entries({ 'ECDSA P-256': ec, Ed25519: ed })) {
    test(`is read back by those who trust its key (${name})`, () => {
      const { privateKey, publicKey } = make();
      const bytes = encode({ b: 1, a: 'ü' });
      const signed = sign(TYPE, bytes, privateKey, fingerprint(publicKey));
      assert.deepEqual(verify(signed, [ed().publicKey, ec().publicKey, publicKey], TYPE), bytes);
    });

    test(`is refused when a bit, the type or the key is another (${name})`, () => {
      const { privateKey, publicKey } = make();
      const signed = sign(TYPE, Buffer.from('text'), privateKey, fingerprint(publicKey));
      const other = { ...signed, payload: Buffer.from('texT').toString('base64') };
      assert.throws(() => verify(other, [publicKey], TYPE), code('SIGNATURE_NOT_TRUSTED'));
      assert.throws(() => verify(signed, [make().publicKey], TYPE), code('SIGNATURE_NOT_TRUSTED'));
      assert.throws(() => verify(signed, [], TYPE), code('SIGNATURE_NOT_TRUSTED'));
      assert.throws(() => verify(signed, [publicKey], `${TYPE}2`), code('SIGNED_TYPE_WRONG'));
      const renamed = { ...signed, payloadType: `${TYPE}2` };
      assert.throws(() => verify(renamed, [publicKey], `${TYPE}2`), code('SIGNATURE_NOT_TRUSTED'));
      const garbage = { ...signed, signatures: [{ keyid: '', sig: '@@' }] };
      assert.throws(() => verify(garbage, [publicKey], TYPE), code('SIGNATURE_NOT_TRUSTED'));
    });
  }

  // secure-systems-lab/dsse, protocol.md, "PAE": the type and its length stand before the text and its length.
  test('is signed over the encoding of the specification', () => {
    const { privateKey, publicKey } = ec();
    const signed = sign('http://example.com/HelloWorld', Buffer.from('hello world'), privateKey, '');
    const signature = Buffer.from(signed.signatures[0]?.sig ?? '', 'base64');
    const encoded = Buffer.from('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    assert.ok(verifyBytes('sha256', encoded, publicKey, signature));
  });

  test('has the digest of its payload, whichever key signs it', () => {
    const [one, two] = [ec(), ed()];
    const bytes = encode({ a: 1 });
    assert.equal(
      digestOf(sign(TYPE, bytes, one.privateKey, '')),
      digestOf(sign(TYPE, bytes, two.privateKey, '')),
    );
  });
});

describe('canonical bytes', () => {
  test('are the same whatever the order of keys, and read back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = encode(value);
        assert.deepEqual(encode(JSON.parse(bytes.toString())), bytes);
        assert.deepEqual(JSON.parse(bytes.toString()), JSON.parse(JSON.stringify(value)));
        assert.deepEqual(encode(reversed(value)), bytes);
      }),
    );
  });
});

describe('a fingerprint', () => {
  test('is of the public key, from either half and from PEM', () => {
    const { privateKey, publicKey } = ec();
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    assert.match(fingerprint(publicKey), /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(
      fingerprint(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
      fingerprint(pem),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
}
