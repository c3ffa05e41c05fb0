import { cp, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PROJECT } from './product.ts';

const Index = z.looseObject({
  manifests: z.array(z.looseObject({ annotations: z.record(z.string(), z.string()).optional() })),
});
const NAME = 'org.opencontainers.image.ref.name';

/** What the images of the operator's release really are: those of the platform, under the names of somebody else's. */
const IMAGES: readonly (readonly [from: RegExp, to: string | undefined])[] = [
  [/\/skerry:/, undefined],
  [/\/skerry:/, 'docker.io/acme/operator:1.0'],
  [/\/pause:/, 'quay.io/acme/worker:1.0'],
  [/\/podinfo:/, 'quay.io/acme/db:1.0'],
];

/** Puts the release of an operator that makes pods into a folder; gives the path of its release.yaml. */
export async function writeOperatorRelease(folder: string): Promise<string> {
  await cp(join(import.meta.dirname, '../fixtures/operator-release'), folder, { recursive: true });
  await cp(join(PROJECT, 'manifests/charts/registry'), join(folder, 'registry'), { recursive: true });
  await writeImages(join(PROJECT, 'dist/images'), join(folder, 'images'));
  return join(folder, 'release.yaml');
}

async function writeImages(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'blobs/sha256'), { recursive: true });
  for (const blob of await readdir(join(from, 'blobs/sha256'))) {
    const [source, target] = [join(from, 'blobs/sha256', blob), join(to, 'blobs/sha256', blob)];
    await link(source, target).catch(() => cp(source, target));
  }
  await cp(join(from, 'oci-layout'), join(to, 'oci-layout'));
  const index = Index.parse(JSON.parse(await readFile(join(from, 'index.json'), 'utf8')));
  const manifests = IMAGES.flatMap(([pattern, name]) =>
    index.manifests
      .filter(({ annotations }) => pattern.test(annotations?.[NAME] ?? ''))
      .map((entry) => ({ ...entry, annotations: { [NAME]: name ?? entry.annotations?.[NAME] } })),
  );
  await writeFile(join(to, 'index.json'), JSON.stringify({ ...index, manifests }));
}
