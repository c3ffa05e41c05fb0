import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexOfPlan, writeBundle } from '../../bundle/file/write.ts';
import { planCopy } from '../../content/copy/copy-plan.ts';
import { PROVIDER_TYPE, providerArchives } from '../../content/provider-format.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { placeProviders } from '../../installer/stick/provider-files.ts';
import { PROVIDER_REPOSITORY, putProvider } from '../../manifests/provider/provider-artifact.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';

test('a stick has the providers of its bundle as files, as Terraform looks for them', async () => {
  const folder = await testFolder('provider-stick');
  const program = join(folder, 'skerry');
  await writeFile(program, 'a program');
  const store = new MemoryStore();
  await putProvider(store, { program, version: '1.2.3', architecture: 'amd64' });
  await pushSamplePack(store, 'images.example/team', { name: 'app', version: '1.0.0' });
  const items = [
    { repository: PROVIDER_REPOSITORY, reference: '1.2.3' },
    { repository: 'images.example/team/app', reference: '1.0.0' },
  ];
  const plan = await planCopy(store, items);
  const bundle = join(folder, 'one.bundle.tar');
  await writeBundle(bundle, indexOfPlan(plan), plan, store);

  const contents = [...indexOfPlan(plan)];
  const placed = await placeProviders(folder, bundle, { contents }, {});
  const name = `providers/${PROVIDER_REPOSITORY}/terraform-provider-skerry_1.2.3_linux_amd64.zip`;
  const [archive] = (await providerArchives(store, PROVIDER_REPOSITORY, '1.2.3')) ?? [];
  const { digest, size } = archive?.descriptor ?? {};
  assert.deepEqual(placed, [{ name, digest, size }]);
  const before = await stat(join(folder, name));
  assert.deepEqual(await placeProviders(folder, bundle, { contents }, {}), placed);
  assert.equal((await stat(join(folder, name))).ino, before.ino, 'it is not written again');
});

test('a provider is known by what it says it is', async () => {
  assert.equal(PROVIDER_TYPE, 'application/vnd.opentofu.provider');
  const store = new MemoryStore();
  await pushSamplePack(store, 'skerry.dev/skerry', { name: 'app', version: '1.0.0' });
  assert.equal(await providerArchives(store, 'skerry.dev/skerry/app', '1.0.0'), undefined);
  assert.equal(await providerArchives(store, 'skerry.dev/skerry/app', '2.0.0'), undefined);
});
