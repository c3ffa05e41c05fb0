import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { companionTags } from '../../content/companion-tag.ts';
import { imageOf } from '../testing/content.ts';
import { DAY, R, TestSite } from '../testing/gc-site.ts';

const REFERRERS = 2000;

test('a manifest with very many referrers is deleted while others are answered, and none of them is held', async (context) => {
  const site = await TestSite.open(context, { pinFor: DAY, pushFor: DAY });
  const { store } = site;
  const image = imageOf({});
  await site.push(image, 'v1');
  const referrers = Array.from({ length: REFERRERS }, (_, at) =>
    imageOf({ subject: image, annotations: { at: `${at}` } }),
  );
  await Promise.all(referrers.map((each) => site.push(each)));
  const signed = referrers[7] ?? image;
  const [, signatures = ''] = companionTags(signed.digest);
  const signature = imageOf({ annotations: { signature: 'yes' } });
  await site.push(signature, signatures);
  for (const { digest } of [...referrers, signature])
    await store.readAndPinManifest(R, digest, { by: 'somebody' });
  const { pins } = store;
  let turns = 0;
  let deleted = false;
  const deleting = store.deleteManifest(R, image.digest).then(() => {
    deleted = true;
  });
  for (; !deleted; turns++) await nextTurn();
  await deleting;
  const held = [...referrers, signature].filter(({ digest }) => pins.isPinned(R, digest));
  assert.equal(held.length, 0);
  assert.ok(turns > 1, 'others had their turn');
});

test('who asks for a referrer while its subject is being deleted keeps what it was told of', async (context) => {
  const site = await TestSite.open(context, { pinFor: DAY, pushFor: DAY });
  const { digest } = await site.image('v1', ['layer']);
  const { pins } = site.store;
  pins.pin(R, digest, 'before');
  const since = pins.now();
  site.clock.now += 1;
  pins.pin(R, digest, 'meanwhile');
  pins.release(R, digest, since);
  assert.ok(pins.isPinned(R, digest));
  pins.release(R, digest);
  assert.ok(!pins.isPinned(R, digest));
});
