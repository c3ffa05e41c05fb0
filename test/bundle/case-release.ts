import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { openLayout } from '../../content/layout/layout.ts';
import { parseReference, repositoryOf } from '../../content/reference.ts';
import { testFolder } from '../../content/testing/folder.ts';
import { edit, putImage } from './small-release.ts';

/** Puts a release of test/fixtures/cases into a folder, beside a layout with small images of these names; returns its release.yaml. */
export async function writeCase(name: string, images: readonly string[]): Promise<string> {
  const folder = await testFolder(`case-${name}`);
  await cp(join(import.meta.dirname, '../fixtures/cases', name), folder, { recursive: true });
  const release = join(folder, 'release.yaml');
  if (name === 'run-operand')
    await edit(release, 'REGISTRY_CHART', join(import.meta.dirname, '../../manifests/charts/registry'));
  await putImages(join(folder, 'images'), images);
  return release;
}

/** Makes a layout with small images of these names. */
export async function putImages(folder: string, images: readonly string[]): Promise<void> {
  const layout = await openLayout(folder, { create: true });
  for (const image of images) {
    const reference = parseReference(image);
    await putImage(layout, repositoryOf(reference), Buffer.from(image), reference.tag);
  }
}
