import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { command } from '../cluster/processes/command.ts';
import { PROJECT } from '../install/product.ts';
import type { StickFixture } from '../install/stick.ts';

const MANIFESTS = join(PROJECT, 'manifests');
const PACK = 'cluster-api-aws';
const Release = z.looseObject({ sources: z.array(z.looseObject({ layout: z.string() })) });
const Values = z.looseObject({ syncPeriod: z.string(), extraArgs: z.array(z.string()) });

/**
 * Makes the bundle with AWS's provider from the project's own release, and gives its path. Its pack is as it is, but that
 * the provider looks again soon where it waits: minutes of waiting would show nothing.
 */
export async function makeProviderContent(stick: StickFixture, work: string): Promise<string> {
  const folder = join(work, 'aws');
  const layout = join(folder, 'images');
  await mkdir(folder, { recursive: true });
  const images = [join(MANIFESTS, 'images/main.ts'), '--nodes', '--output', layout, PACK];
  await command(process.execPath, images, { cwd: PROJECT, timeout: 3_600_000 });
  const pack = join(folder, PACK);
  await cp(join(MANIFESTS, 'packs', PACK), pack, { recursive: true });
  const values = join(pack, 'chart/values.yaml');
  const given = Values.parse(parse(await readFile(values, 'utf8')));
  const soon = { ...given, syncPeriod: '10s', extraArgs: ['--wait-infra-period=2s'] };
  await writeFile(values, stringify(soon));
  const release = Release.parse(parse(await readFile(join(MANIFESTS, 'aws.yaml'), 'utf8')));
  const sources = release.sources.map((source) => ({ ...source, layout }));
  const file = join(folder, 'release.yaml');
  await writeFile(file, stringify({ ...release, sources, packs: [pack] }));
  const out = join(folder, 'stick');
  const signed = ['--key', stick.keyPath, '--helm', stick.helm];
  await command(stick.program, ['bundle', 'create', file, '-o', out, ...signed], { timeout: 300_000 });
  const bundle = (await readdir(out)).find((name) => name.endsWith('.bundle.tar'));
  if (bundle === undefined) throw new Error(`no bundle in ${out}`);
  return join(out, bundle);
}
