import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../cluster/processes/command.ts';
import { PROJECT } from './product.ts';
import type { StickFixture } from './stick.ts';

const CREATE_MILLISECONDS = 120_000;

/** Makes a stick of a release among the fixtures, beside the platform's own registry; returns its folder. */
export async function stickWith(stick: StickFixture, work: string, name: string): Promise<string> {
  const folder = join(work, name);
  await cp(join(import.meta.dirname, '../fixtures', name), folder, { recursive: true });
  const file = join(folder, 'release.yaml');
  const text = (await readFile(file, 'utf8'))
    .replace('IMAGES', join(PROJECT, 'dist/images'))
    .replace('REGISTRY', join(PROJECT, 'manifests/charts/registry'));
  await writeFile(file, text);
  const args = [
    'bundle',
    'create',
    file,
    '-o',
    join(folder, 'stick'),
    '--key',
    stick.keyPath,
    '--helm',
    stick.helm,
  ];
  await command(stick.program, args, { timeout: CREATE_MILLISECONDS });
  return join(folder, 'stick');
}
