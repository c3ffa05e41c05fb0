import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { compareItems, copyItems } from '../../content/copy/copy-items.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { readMirrorFile } from '../../mirror/file/mirror-file.ts';
import { runMirror } from '../../mirror/run/run-mirror.ts';
import { Locations } from '../../mirror/stores/open-location.ts';
import { registryOptions } from '../../mirror/stores/registry-options.ts';
import { putImage } from '../../mirror/testing/mirror-site.ts';
import { ISSUER, RELEASER, type SigningOptions, TestSigstore } from '../../mirror/testing/sigstore.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { serveStore } from '../registry/clients/served-store.ts';
import { run } from '../registry/skerry-process.ts';

const at = new Date('2026-03-01T12:00:00Z');
const WAYS: Record<string, SigningOptions> = {
  good: {},
  'other-identity': { subject: 'https://git.test/somebody/else' },
  'other-issuer': { issuer: 'https://token.evil.test' },
  expired: { at, loggedAt: new Date(at.getTime() + 3_600_000) },
  unlogged: { logged: false },
  'unlogged-certificate': { certificateLogged: false },
};

test('cosign and a mirror agree on who has signed, and so they do at the target', async () => {
  const { cosign } = await ensurePrograms(['cosign'], { cache: programCache(process.env) });
  const folder = await testFolder('identity');
  await Promise.all(['from', 'to'].map((name) => mkdir(join(folder, name))));
  await using source = await serveStore(join(folder, 'from'));
  await using target = await serveStore(join(folder, 'to'));
  const [sigstore, stranger] = [await TestSigstore.make(), await TestSigstore.make()];
  const root = join(folder, 'trusted_root.json');
  await writeFile(root, JSON.stringify(sigstore.trustedRoot()));
  const images = new Map<string, string>();
  for (const form of ['tag', 'bundle'] as const) {
    for (const [way, options] of Object.entries({ ...WAYS, stranger: {} })) {
      const image = await putImage(source.store, `${form}/${way}`, '1', `${form} ${way}`);
      const signer = way === 'stranger' ? stranger : sigstore;
      await signer.sign(source.store, `${form}/${way}`, image, form, options);
      images.set(`${form}/${way}`, image.digest);
    }
  }
  const verify = [{ identity: RELEASER, issuer: ISSUER, trustedRoot: 'trusted_root.json' }];
  const job = { name: 'job', from: `http://${source.host}`, to: `http://${target.host}`, verify };
  const path = join(folder, 'mirror.yaml');
  const repositories = [...images.keys()].map((match) => ({ match, tags: { names: ['1'] } }));
  const mirror = { apiVersion: 'skerry.dev/v1', kind: 'Mirror', name: 'x', jobs: [{ ...job, repositories }] };
  await writeFile(path, stringify(mirror));
  const file = await readMirrorFile(path);
  const registries = await registryOptions(file, { credentials: async () => undefined });
  const [made] = await runMirror({
    file,
    engine: { compareItems, copyItems },
    locations: new Locations(registries, async () => undefined),
    charts: async () => assert.fail('there are no charts'),
  });
  assert.deepEqual([made?.done, made?.error], [2, undefined]);
  const refused = new Set(made?.failures.map(({ repository }) => repository));
  const asked = ['--certificate-identity', RELEASER, '--certificate-oidc-issuer', ISSUER];
  const offline = ['verify', '--trusted-root', root, '--offline', '--allow-http-registry', ...asked];
  const accepts = async (host: string, repository: string) => {
    const form = repository.startsWith('bundle') ? ['--new-bundle-format'] : [];
    const name = `${host}/${repository}@${images.get(repository)}`;
    return (await run(cosign, [...offline, ...form, name], { env: { HOME: folder } })).exitCode === 0;
  };
  for (const repository of images.keys()) {
    assert.equal(await accepts(source.host, repository), !refused.has(repository), repository);
    const held = await target.store.resolveManifest(repository, '1');
    assert.equal(held === undefined, refused.has(repository), repository);
    if (held !== undefined) assert.ok(await accepts(target.host, repository), `${repository} at the target`);
  }
});
