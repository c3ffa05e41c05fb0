import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { signedBundle, signedStore } from '../testing/signed-release.ts';
import { claimsOf } from './claims.ts';
import { offerOfStore } from './registry-offer.ts';
import { offerOfStick } from './stick-offer.ts';

const honest = { name: 'demo', version: '1.0.0', kubernetes: '>=1.31 <1.38', upgrade: { from: '>=0.9.0' } };

describe('what a release says of itself before it was proved', () => {
  test('is taken where a release could say it', () => {
    const { upgrade, ...rest } = honest;
    assert.deepEqual(claimsOf(honest, 'x'), { ...rest, from: upgrade.from });
    assert.equal(claimsOf(rest, 'x').from, undefined);
    assert.equal(claimsOf({ ...rest, upgrade: { from: '' } }, 'x').from, '');
  });

  test('is refused where none would, without a word of it on the terminal', () => {
    const clear = '\u001b[2J';
    for (const [field, odd] of Object.entries({
      name: { ...honest, name: `demo${clear}` },
      version: { ...honest, version: 'newest' },
      kubernetes: { ...honest, kubernetes: 'all of them' },
      from: { ...honest, upgrade: { from: Array.from({ length: 1000 }, () => '>=1').join('||') } },
    }))
      assert.throws(
        () => claimsOf(odd, 'x.bundle.tar'),
        (error) =>
          isSkerryError(error, 'BUNDLE_NO_RELEASE') &&
          error.detail?.endsWith(field) === true &&
          !messageOf(error).includes(clear),
      );
  });

  test('makes a stick useless, with its file named; in a registry it is passed over', async () => {
    const key = newKey();
    const folder = await testFolder('odd-stick');
    const { path } = await signedBundle(folder, key, { version: '1.0.0', extra: { kubernetes: 'odd (' } });
    await assert.rejects(
      offerOfStick(folder),
      (error) => isSkerryError(error, 'BUNDLE_NO_RELEASE') && error.subject === path,
    );
    const store = new MemoryStore('a registry');
    await signedStore(key, { version: '1.0.0' }, store);
    await signedStore(key, { version: '1.1.0', extra: { kubernetes: 'odd (' } }, store);
    const { releases } = await offerOfStore(store, 'demo');
    assert.deepEqual(
      releases.map(({ version }) => version),
      ['1.0.0'],
    );
  });
});
