import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { descriptorOf, manifestOf } from './manifest.ts';
import { MediaType } from './media-type.ts';
import { Referrers } from './referrers.ts';
import type { Manifest } from './store.ts';

const CONFIG = { mediaType: 'application/sbom.config', digest: digestOf('{}'), size: 2 };
const SUBJECT = { mediaType: MediaType.manifest, digest: digestOf('subject'), size: 7 };

test('referrers are reported with artifact type and annotations, each entry read once', async () => {
  const typed = manifest({ artifactType: 'application/sbom', annotations: { a: 'b' }, subject: SUBJECT });
  const untyped = manifest({ subject: SUBJECT });
  const other = manifest({ subject: { ...SUBJECT, digest: digestOf('other') } });
  const reads: string[] = [];
  const look = lookup([typed, untyped, other], reads);
  const referrers = new Referrers();
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await referrers.of(SUBJECT.digest, look.entries, look.read), [
      { ...descriptorOf(typed), artifactType: 'application/sbom', annotations: { a: 'b' } },
      { ...descriptorOf(untyped), artifactType: 'application/sbom.config' },
    ]);
  }
  assert.equal(reads.length, 3);
});

test('an entry that is no manifest, or is not there, refers to nothing and stops nobody', async () => {
  const odd = manifestOf(MediaType.manifest, { schemaVersion: 2 });
  const good = manifest({ subject: SUBJECT });
  const { entries, read } = lookup([odd, good], []);
  const missing = { ...SUBJECT, digest: digestOf('missing') };
  const found = await new Referrers().of(SUBJECT.digest, [missing, ...entries], read);
  assert.deepEqual(
    found.map(({ digest }) => digest),
    [good.digest],
  );
});

function manifest(extra: object): Manifest {
  return manifestOf(MediaType.manifest, { schemaVersion: 2, config: CONFIG, layers: [], ...extra });
}

function lookup(manifests: Manifest[], reads: string[]) {
  return {
    entries: manifests.map((entry) => descriptorOf(entry)),
    read: async (entry: Descriptor) => {
      reads.push(entry.digest);
      return manifests.find(({ digest }) => digest === entry.digest);
    },
  };
}
