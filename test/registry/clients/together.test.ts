import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openLayout } from '../../../content/layout/layout.ts';
import { assertWhole } from '../whole-content.ts';
import { layoutOf } from './images.ts';
import { openSite, type Site } from './site.ts';

let site: Site<'crane' | 'oras' | 'regctl'>;

before(async () => {
  site = await openSite(['crane', 'oras', 'regctl']);
});

after(async () => await site?.[Symbol.asyncDispose]());

describe('clients side by side', () => {
  for (const name of ['app', 'large'] as const) {
    test(`push "${name}" to one repository at once and pull it at once, byte for byte`, async () => {
      const { crane, oras, regctl } = site.programs;
      const { folder } = site.images;
      const image = site.images[name];
      const run = await site.newcomer();
      const at = (tag: string) => `${site.registry.host}/together/${name}:${tag}`;
      const plain = ['--host', `reg=${site.registry.host},tls=disabled`];
      const out = (client: string) => join(run.home, `${client}-${name}`);
      const own = await layoutOf(site.images, image);
      const skopeo = ['copy', '--all', '--preserve-digests'];
      await Promise.all([
        run(crane, 'push', '--index', own, at('crane')),
        run(oras, 'cp', '--from-oci-layout-path', folder, `${name}:1`, '--to-plain-http', at('oras')),
        run(regctl, ...plain, 'image', 'copy', `ocidir://${folder}@${image.digest}`, at('regctl')),
        run(
          'skopeo',
          ...skopeo,
          '--dest-tls-verify=false',
          `oci:${folder}:${name}:1`,
          `docker://${at('skopeo')}`,
        ),
      ]);
      const tags = ['crane', 'oras', 'regctl', 'skopeo'];
      assert.deepEqual(await site.registry.store.listTags(`together/${name}`), tags);
      for (const tag of tags) await site.registry.assertHolds(`together/${name}`, tag, image);
      await Promise.all([
        run(crane, 'pull', '--format=oci', at('skopeo'), out('crane')),
        run(oras, 'cp', '--from-plain-http', at('crane'), '--to-oci-layout-path', out('oras'), 'any:1'),
        run(regctl, ...plain, 'image', 'copy', at('oras'), `ocidir://${out('regctl')}:1`),
        run(
          'skopeo',
          ...skopeo,
          '--src-tls-verify=false',
          `docker://${at('regctl')}`,
          `oci:${out('skopeo')}:any:1`,
        ),
      ]);
      for (const client of tags) await assertWhole(await openLayout(out(client)), 'any', image.digest);
    });
  }
});
