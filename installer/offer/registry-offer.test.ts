import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newKey } from '../../bundle/testing/signed-bundle.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Store } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { signedStore } from '../testing/signed-release.ts';
import { offerOfStore } from './registry-offer.ts';

const never = () => new Promise<never>(() => undefined);

async function registry(...versions: readonly string[]): Promise<MemoryStore> {
  const store = new MemoryStore('a registry');
  const key = newKey();
  for (const version of versions) await signedStore(key, { version }, store);
  return store;
}

/** A registry of which one question is answered otherwise. */
function but(store: MemoryStore, answers: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const found: unknown = Reflect.get(answers, name) ?? Reflect.get(target, name, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

describe('what a registry offers', () => {
  test('are the releases whose tags are their versions, newest first', async () => {
    const store = await registry('1.0.0', '1.10.0', '1.2.0');
    const { releases } = await offerOfStore(store, 'demo');
    assert.deepEqual(
      releases.map(({ version }) => version),
      ['1.10.0', '1.2.0', '1.0.0'],
    );
  });

  test('are opened and closed one by one, and the registry itself stays open until the offer ends', async () => {
    const key = newKey();
    let closed = 0;
    const store = Object.assign(new MemoryStore('a registry'), { close: async () => void closed++ });
    for (const version of ['1.0.0', '1.1.0']) await signedStore(key, { version }, store);
    const { releases } = await offerOfStore(store, 'demo');
    for (const release of releases) await (await release.open(key.publicKey)).store.close();
    assert.equal(closed, 0);
  });

  test('is not what stands under the tag of another version', async () => {
    const store = await registry('1.0.0', '1.1.0');
    const repository = 'skerry/releases/demo';
    const old = await store.readManifest(repository, '1.0.0');
    assert.ok(old !== undefined);
    await store.writeManifest(repository, '9.0.0', old);
    await store.writeManifest(repository, 'latest', old);
    const { releases } = await offerOfStore(store, 'demo');
    assert.deepEqual(
      releases.map(({ version }) => version),
      ['1.1.0', '1.0.0'],
    );
  });

  test('is given up where it does not answer, whatever it was asked, and named', async () => {
    const store = await registry('1.0.0');
    for (const [question, subject] of [
      ['listTags', /^a registry skerry\/releases\/demo$/],
      ['resolveManifest', /^a registry skerry\/releases\/demo:1\.0\.0$/],
      ['readBlob', /^a registry skerry\/releases\/demo:1\.0\.0$/],
    ] as const)
      await assert.rejects(
        offerOfStore(but(store, { [question]: never }), 'demo', undefined, 20),
        (error) => isSkerryError(error, 'CHANNEL_TOO_SLOW') && subject.test(error.subject),
      );
    const silent = but(store, {
      readManifest: async (repository, reference) =>
        repository.endsWith('/channel') ? await never() : await store.readManifest(repository, reference),
    });
    await assert.rejects(
      offerOfStore(silent, 'demo', undefined, 200),
      (error) => isSkerryError(error, 'CHANNEL_TOO_SLOW') && /skerry\/channel:latest/.test(error.subject),
    );
  });

  test('with endless tags are the newest thousand', async () => {
    const store = await registry('1.0.0');
    let asked = 0;
    const endless = but(store, {
      listTags: async () => Array.from({ length: 20_000 }, (_, patch) => `1.0.${patch}`),
      resolveManifest: async () => {
        asked++;
        return undefined;
      },
    });
    assert.deepEqual((await offerOfStore(endless, 'demo')).releases, []);
    assert.equal(asked, 1000);
  });

  test('is stopped at once', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(offerOfStore(await registry('1.0.0'), 'demo', stop), /stopped/);
  });
});
