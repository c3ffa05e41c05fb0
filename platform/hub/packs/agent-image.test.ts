import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { digestOf } from '../../../content/digest.ts';
import { isSkerryError } from '../../../content/error.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { REGISTRY_ON_NODES } from '../../desired/agent-names.ts';
import { AGENT_PACK } from '../../desired/pack-images.ts';
import { compile } from '../compile/compile.ts';
import { codesOf, inputOf, made, packOf, profileOf } from '../compile/testing/sample.ts';
import { pushSamplePack } from '../testing/sample-packs.ts';
import { agentImage, agentImageOfVersion } from './agent-image.ts';
import { Catalog } from './catalog.ts';

const PREFIX = 'skerry/packs';
const OWN = '1.0.0';
const NEWER = '1.1.0-rc.1+build.7';
const imageOf = (version: string) =>
  `${REGISTRY_ON_NODES}/registry.example/skerry:1@${digestOf(`agent ${version}`)}`;

describe('the image of an agent', () => {
  let catalog: Catalog;

  beforeEach(async () => {
    const store = new MemoryStore();
    for (const version of [OWN, NEWER]) {
      const images = [{ reference: 'registry.example/skerry:1', digest: digestOf(`agent ${version}`) }];
      await pushSamplePack(store, PREFIX, { name: AGENT_PACK, version, config: { images } });
    }
    await pushSamplePack(store, PREFIX, { name: AGENT_PACK, version: '0.0.1', config: { images: [] } });
    const { signal } = new AbortController();
    catalog = new Catalog({ store, prefix: PREFIX, now: () => 0, signal });
  });

  const inputFor = (version: string | undefined, image?: string) =>
    inputOf(profileOf([packOf('a')]), {
      spec: {
        profiles: [{ name: 'web', version: '1.0.0' }],
        ...(version === undefined ? {} : { agent: { version } }),
      },
      agentImage: async (wanted) => await agentImageOfVersion({ catalog, version: OWN, image }, wanted),
    });

  test('is in the envelope by digest, as the pack of the wanted version names it', async () => {
    const { agent } = await made(inputFor(NEWER));
    assert.deepEqual(agent, { version: NEWER, image: imageOf(NEWER) });
    assert.deepEqual((await made(inputFor(OWN))).agent, { version: OWN, image: imageOf(OWN) });
  });

  test('is in no envelope of a cluster that names no version', async () => {
    assert.ok(!('agent' in (await made(inputFor(undefined)))));
  });

  test('that the hub was given stands for its own version alone', async () => {
    const image = `registry.test/agent@${digestOf('given')}`;
    assert.deepEqual((await made(inputFor(OWN, image))).agent, { version: OWN, image });
    assert.deepEqual((await made(inputFor(NEWER, image))).agent, { version: NEWER, image: imageOf(NEWER) });
    assert.equal(await agentImage({ catalog, version: OWN, image }), image);
    assert.equal(await agentImage({ catalog, version: OWN }), imageOf(OWN));
  });

  test('of a version that the registry does not have is refused, and of a pack without one is an error', async () => {
    assert.deepEqual(codesOf(await compile(inputFor('9.9.9'))), ['AGENT_VERSION_UNKNOWN']);
    const missing = agentImage({ catalog, version: '9.9.9' });
    await assert.rejects(missing, (error) => isSkerryError(error, 'PACK_NOT_FOUND'));
    await assert.rejects(compile(inputFor('0.0.1')), (error) => isSkerryError(error, 'PACK_UNREADABLE'));
  });
});
