import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { isSkerryError } from '../../content/error.ts';
import { isSealingKey, makeSealingKey, seal, unseal } from './seal.ts';

const VALUE = { password: 'hunter2', nested: { list: [1, 'ü'] } };

describe('a sealed value', () => {
  test('is read by the holder of the key alone', async () => {
    const [agent, other] = [await makeSealingKey(), await makeSealingKey()];
    const sealed = await seal(VALUE, agent.publicJwk);
    assert.doesNotMatch(sealed, /hunter2/);
    assert.deepEqual(await unseal(sealed, agent.privateJwk), VALUE);
    await assert.rejects(unseal(sealed, other.privateJwk), (e) =>
      isSkerryError(e, 'SEALED_VALUE_UNREADABLE'),
    );
    const changed = `${sealed.slice(0, -2)}AA`;
    await assert.rejects(unseal(changed, agent.privateJwk), (e) =>
      isSkerryError(e, 'SEALED_VALUE_UNREADABLE'),
    );
  });

  test('can be for a P-256 key', async () => {
    const pair = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
    const sealed = await seal(VALUE, await exportJWK(pair.publicKey));
    assert.deepEqual(await unseal(sealed, await exportJWK(pair.privateKey)), VALUE);
  });

  test('cannot be made for what is no such key', async () => {
    const { publicJwk, privateJwk } = await makeSealingKey();
    for (const jwk of [
      {},
      { kty: 'oct', k: 'AAAA' },
      { ...publicJwk, x: '@' },
      { ...publicJwk, crv: 'P-256' },
    ]) {
      await assert.rejects(seal(VALUE, jwk), (e) => isSkerryError(e, 'SEALING_KEY_INVALID'));
      assert.equal(await isSealingKey(jwk), false);
    }
    assert.equal(await isSealingKey(publicJwk), true);
    assert.equal(await isSealingKey(privateJwk), false);
  });
});
